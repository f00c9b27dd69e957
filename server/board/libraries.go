package board

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/libraries"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/server/page"
)

type librariesPage struct {
	page.Frame
	Province  roster.Province
	Provinces []roster.Province
	Communes  []choice
	Commune   string
	Rows      []libraries.Listed
	Count     int     // of those that are there
	More      int     // that are not shown
	Offers    []offer // libraries of the roster that are not entered, the first of them
	Offered   int     // all of them
	Year      int
	Today     time.Time
	Since     string // a first day for what nobody knows better: that of the Decision
	May       bool
	Form      struct{ Commune, Name, Kind, On, Evidence string }
	Open      string
	Fault     *page.FormFault
}

// offer is a library of the roster.
type offer struct {
	libraries.Entry
	ID, Title string // of the commune
	Beside    string // a library of the kind that is there in the commune: this may be the same one
}

// Kinds are the kinds of library.
func (librariesPage) Kinds() []string { return roster.LibraryKinds }

// Day is a date without an hour.
func (librariesPage) Day(t time.Time) string { return t.Format("02/01/2006") }

// Libraries lists the libraries of a province.
func (s *Pages) Libraries(c *fiber.Ctx) error { return s.showLibraries(c, "", nil) }

func (s *Pages) showLibraries(c *fiber.Ctx, open string, fault *page.FormFault) error {
	province, err := s.ChosenProvince(c)
	if err != nil {
		return err
	}
	a := *page.VisitorOf(c).Account
	today := roster.Day(s.Now())
	shown := librariesPage{Frame: s.Frame(c, s.WordsOf(c).T("libraries.title")), Province: province, Commune: c.Query("commune"), Year: today.Year(), Today: today,
		Since: string(s.Targets.DecidedOn), May: roster.MayEditRoster(a, province.Code), Open: open, Fault: fault}
	f := &shown.Form
	f.Commune, f.Name, f.Kind, f.On, f.Evidence = c.FormValue("commune"), c.FormValue("name"), c.FormValue("kind"), c.FormValue("on"), c.FormValue("evidence")
	if !a.Has(roster.Staff) {
		shown.Provinces = s.Places.Provinces(roster.Present)
	}
	if province.Code == "" {
		return s.Page(c, "libraries", shown)
	}
	for _, c := range s.Places.Communes(roster.Present, province.Code) {
		shown.Communes = append(shown.Communes, choice{c.Code, c.Title(), c.Code == shown.Commune})
	}
	if shown.Commune != "" && !slices.ContainsFunc(shown.Communes, func(c choice) bool { return c.Chosen }) {
		return problem.Invalid("commune", "commune.unknown", shown.Commune)
	}
	if shown.Rows, err = s.Programme.Libraries.List(c.UserContext(), province.Code, shown.Commune); err != nil {
		return err
	}
	there := map[string]string{}
	for _, l := range shown.Rows {
		if l.There(today) {
			shown.Count++
			there[l.Now+"/"+l.Kind] = l.Name
		}
	}
	shown.More = max(0, len(shown.Rows)-ListRows)
	shown.Rows = shown.Rows[:len(shown.Rows)-shown.More]
	if shown.May && shown.Commune == "" {
		offers, err := s.Programme.Libraries.Offers(c.UserContext(), province.Code)
		if err != nil {
			return err
		}
		shown.Offered = len(offers)
		for _, e := range offers[:min(len(offers), libraries.MostOffers)] {
			shown.Offers = append(shown.Offers, offer{e, libraries.ID(e.Commune, e.Name), s.CommuneName(e.Commune), there[e.Commune+"/"+e.Kind]})
		}
	}
	return s.Page(c, "libraries", shown)
}

// EnterLibrary enters one.
func (s *Pages) EnterLibrary(c *fiber.Ctx) error {
	if _, err := s.EditedProvince(c); err != nil {
		return err
	}
	on, err := page.FormDay(c.FormValue("on"))
	var l libraries.Library
	if err == nil {
		l, err = s.Programme.Libraries.Open(c.UserContext(), *page.VisitorOf(c).Account, libraries.Entry{Name: c.FormValue("name"), Kind: c.FormValue("kind"), Commune: c.FormValue("commune"), Evidence: c.FormValue("evidence"), On: on})
	}
	if fault, err := s.RosterFault(c, err); err != nil {
		return err
	} else if fault != nil {
		return s.showLibraries(c, "one", fault)
	}
	if err := s.tellOpened(c, "library.opens", l, on); err != nil {
		return err
	}
	return page.SeeOther(c, "/libraries/"+l.ID+"?done=library")
}

// tellOpened tells in the trail that a library was entered: once, however often it is said.
func (s *Pages) tellOpened(c *fiber.Ctx, action string, l libraries.Library, on time.Time) error {
	told := programme.AuditEntry{Action: action, Subject: l.ID, Province: l.Province, Note: l.Name}
	if e, ok := l.OpenedOn(on); ok {
		told.ID = "library-" + e.ID
	}
	return s.TellAct(c, told)
}

// EnterOffers enters the libraries of the roster that were ticked.
func (s *Pages) EnterOffers(c *fiber.Ctx) error {
	province, err := s.EditedProvince(c)
	if err != nil {
		return err
	}
	on, err := page.FormDay(c.FormValue("on"))
	if err == nil {
		var ticked []string
		for _, id := range c.Request().PostArgs().PeekMulti("take") {
			ticked = append(ticked, string(id))
		}
		told := func(l libraries.Library) error { return s.tellOpened(c, "library.roster", l, on) }
		err = s.Programme.Libraries.Take(c.UserContext(), *page.VisitorOf(c).Account, province.Code, ticked, on, told)
	}
	if fault, err := s.RosterFault(c, err); err != nil {
		return err
	} else if fault != nil {
		return s.showLibraries(c, "offers", fault)
	}
	return page.SeeOther(c, "/libraries?done=libraries&province="+province.Code)
}

type libraryPage struct {
	page.Frame
	libraries.Library
	Title      string // the commune
	Province   roster.Province
	Today      time.Time
	May        bool
	Who        map[string]string // names of those who entered something, by id
	Reportable []int             // of which figures can be entered, the newest first
	Reports    []libraries.Year  // the newest year first, and of a year the newest
	Form       struct {
		On, Evidence, Year, Readers string
		Ways                        []string
		Coordinating                bool
	}
	Open  string
	Fault *page.FormFault
}

// Replaced says whether figures were entered again for their year: the newest count.
func (p libraryPage) Replaced(y libraries.Year) bool {
	newest := slices.IndexFunc(p.Reports, func(other libraries.Year) bool { return other.Year == y.Year && !p.Undone[other.ID] })
	return newest >= 0 && p.Reports[newest].ID != y.ID && !p.Undone[y.ID]
}

// History are the events, the newest first.
func (p libraryPage) History() []libraries.Event {
	all := slices.DeleteFunc(slices.Clone(p.Events), func(e libraries.Event) bool { return e.What == libraries.Undoes })
	slices.Reverse(all)
	return all
}

// Ways are how it can work with the provincial library.
func (libraryPage) Ways() []string { return libraries.Ways }

// Day is a date of an event, which has no hour.
func (libraryPage) Day(t time.Time) string { return t.Format("02/01/2006") }

// Way says whether one was ticked.
func (p libraryPage) Way(w string) bool { return slices.Contains(p.Form.Ways, w) }

// Library shows one, with everything that was entered of it.
func (s *Pages) Library(c *fiber.Ctx) error { return s.showLibrary(c, "", nil) }

// ofLibrary finds a library that the visitor may read.
func (s *Pages) ofLibrary(c *fiber.Ctx) (l libraries.Library, commune string, province roster.Province, err error) {
	if l, err = s.Programme.Libraries.Get(c.UserContext(), c.Params("library")); err != nil {
		return l, "", province, err
	}
	commune, at, _ := s.Programme.Libraries.At(l, roster.Day(s.Now()))
	if !roster.MayReadPeople(*page.VisitorOf(c).Account, at) {
		return l, "", province, problem.ErrNotFound
	}
	province, _ = s.Places.Province(roster.Present, at)
	return l, commune, province, nil
}

func (s *Pages) showLibrary(c *fiber.Ctx, open string, fault *page.FormFault) error {
	l, commune, province, err := s.ofLibrary(c)
	if err != nil {
		return err
	}
	today := roster.Day(s.Now())
	shown := libraryPage{Frame: s.Frame(c, l.Name), Library: l, Title: s.CommuneName(commune), Province: province, Today: today, May: roster.MayEditRoster(*page.VisitorOf(c).Account, province.Code),
		Who: map[string]string{}, Open: open, Fault: fault}
	for year := today.Year(); year >= s.Targets.DecidedOn.Time().Year()-1; year-- {
		shown.Reportable = append(shown.Reportable, year)
	}
	shown.Reports = slices.Clone(l.Years)
	slices.Reverse(shown.Reports)
	slices.SortStableFunc(shown.Reports, func(a, b libraries.Year) int { return b.Year - a.Year })
	names := s.Namer(c.UserContext())
	for _, e := range l.Events {
		shown.Who[e.By] = names(e.By)
	}
	for _, y := range l.Years {
		shown.Who[y.By] = names(y.By)
	}
	f := &shown.Form
	f.On, f.Evidence, f.Year, f.Readers, f.Coordinating = c.FormValue("on"), c.FormValue("evidence"), c.FormValue("year"), c.FormValue("readers"), c.FormValue("coordinating") != ""
	for _, w := range c.Request().PostArgs().PeekMulti("way") {
		f.Ways = append(f.Ways, string(w))
	}
	return s.Page(c, "library", shown)
}

// ChangeLibrary enters that something happened to a library, what it reports of a year, or that one of these was wrong.
func (s *Pages) ChangeLibrary(c *fiber.Ctx) error {
	l, _, province, err := s.ofLibrary(c)
	if err != nil {
		return err
	}
	if !roster.MayEditRoster(*page.VisitorOf(c).Account, province.Code) {
		return problem.Denied("denied")
	}
	do := c.FormValue("do")
	note, err := s.changeLibrary(c, l, do)
	if fault, err := s.RosterFault(c, err); err != nil {
		return err
	} else if fault != nil {
		return s.showLibrary(c, do, fault)
	}
	if err := s.TellAct(c, programme.AuditEntry{Action: "library." + do, Subject: l.ID, Province: province.Code, Note: note}); err != nil {
		return err
	}
	return page.SeeOther(c, "/libraries/"+l.ID+"?done=library")
}

func (s *Pages) changeLibrary(c *fiber.Ctx, l libraries.Library, do string) (note string, err error) {
	a, proof := *page.VisitorOf(c).Account, c.FormValue("evidence")
	switch do {
	case string(libraries.Models), string(libraries.Closes):
		on, err := page.FormDay(c.FormValue("on"))
		if err == nil {
			_, err = s.Programme.Libraries.Tell(c.UserContext(), a, l.ID, libraries.What(do), on, proof)
		}
		return l.Name, err
	case string(libraries.Undoes):
		_, err = s.Programme.Libraries.Undo(c.UserContext(), a, l.ID, c.FormValue("of"))
		return l.Name, err
	case "report":
		y := libraries.Year{Coordinating: c.FormValue("coordinating") != "", Evidence: proof}
		if y.Year, err = strconv.Atoi(c.FormValue("year")); err != nil {
			y.Year = 0 // said by the rules
		}
		y.Readers = readersOf(c.FormValue("readers"))
		for _, w := range c.Request().PostArgs().PeekMulti("way") {
			y.Ways = append(y.Ways, string(w))
		}
		_, err = s.Programme.Libraries.Report(c.UserContext(), a, l.ID, y)
		return l.Name + ", " + c.FormValue("year"), err
	}
	return "", problem.Invalid("do", "filter.unknown", do)
}

var grouped = regexp.MustCompile(`^[1-9][0-9]{0,2}(\.[0-9]{3})+$`)

// readersOf reads a number of people, -1 for what is none. Groups of three digits may be parted by one sign throughout:
// a point, a comma or a space. Anything else, such as 12.5, could mean a fraction or another number.
func readersOf(typed string) int {
	typed = strings.TrimSpace(typed)
	for _, sign := range []string{".", ",", " ", "\u00a0", "\u202f"} {
		if parted := strings.ReplaceAll(typed, sign, "."); !strings.Contains(strings.ReplaceAll(typed, sign, ""), ".") && grouped.MatchString(parted) {
			typed = strings.ReplaceAll(typed, sign, "")
		}
	}
	n, err := strconv.Atoi(typed)
	if err != nil || strings.Trim(typed, "0123456789") != "" {
		return -1
	}
	return n
}
