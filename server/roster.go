package server

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/paper"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// keeper lets in who keeps rosters or reads them: staff, the programme office, administrators.
func (s *Server) keeper(c *fiber.Ctx) error {
	if !visitorOf(c).account.Has(roster.Staff, roster.Office, roster.Admin) {
		return store.Denied("denied")
	}
	return c.Next()
}

// chosenProvince is the present province that a request is about: the one it names, or the visitor's own. It is empty where neither is. A province that the visitor may not read is not found.
func (s *Server) chosenProvince(c *fiber.Ctx) (roster.Province, error) {
	a := visitorOf(c).account
	code := c.FormValue("province")
	if code == "" && a.Has(roster.Staff) {
		code = a.Province
	}
	if code == "" {
		return roster.Province{}, nil
	}
	p, ok := s.places.Province(roster.Present, code)
	if !ok || !roster.MayReadPeople(*a, code) {
		return p, store.NotFound(roster.PersonKind, "of province")
	}
	return p, nil
}

// editedProvince is chosenProvince for who wants to write: there must be one, and it must be theirs to change.
func (s *Server) editedProvince(c *fiber.Ctx) (roster.Province, error) {
	if !visitorOf(c).account.Has(roster.Staff, roster.Admin) {
		return roster.Province{}, store.Denied("denied")
	}
	p, err := s.chosenProvince(c)
	if err == nil && p.Code == "" {
		err = store.Invalid("province", "province.empty")
	}
	if err == nil && !roster.MayEditRoster(*visitorOf(c).account, p.Code) {
		err = store.Denied("denied")
	}
	return p, err
}

// standingView is how far a person is from being trained, in words.
type standingView struct {
	State   string // trained, missing, outside (does not count in the base) or left
	Missing []courses.Strand
}

func viewOf(p roster.Person, st targets.Standing, now time.Time) standingView {
	v := standingView{State: "missing", Missing: st.Missing(now)}
	switch {
	case !p.Active:
		v.State = "left"
	case !st.InBase:
		v.State = "outside"
	case st.Trained(now):
		v.State = "trained"
	}
	return v
}

// personRow is a person as lists show them.
type personRow struct {
	roster.Person
	Place  string // commune with its kind
	Stand  standingView
	Access string // none, waiting (for its password), open or disabled
}

func (s *Server) personRow(ctx context.Context, p roster.Person) (personRow, error) {
	row := personRow{Person: p, Place: s.communeName(p.Commune)}
	st, err := store.Get[targets.Standing](ctx, s.store, targets.StandingKind, p.ID)
	if errors.Is(err, store.ErrNotFound) {
		st, err = targets.Stand(s.programme, p, nil, nil), nil
	}
	if err != nil {
		return row, err
	}
	row.Stand = viewOf(p, st, s.now())
	a, err := store.Get[roster.Account](ctx, s.store, roster.AccountKind, p.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		row.Access, err = "none", nil
	case a.Disabled:
		row.Access = "disabled"
	case a.Hash == "":
		row.Access = "waiting"
	default:
		row.Access = "open"
	}
	return row, err
}

func (s *Server) personRows(ctx context.Context, people []roster.Person) ([]personRow, error) {
	rows := make([]personRow, len(people))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i, p := range people {
		g.Go(func() (err error) {
			rows[i], err = s.personRow(ctx, p)
			return err
		})
	}
	return rows, g.Wait()
}

// ProvinceName is the name of a province in the language.
func (w words) ProvinceName(p roster.Province) string {
	return w.In(courses.Text{Vi: p.Name, En: p.NameEn})
}

func (s *Server) communeName(code string) string {
	if commune, ok := s.places.Commune(code); ok {
		return commune.Title()
	}
	return code
}

// rosterPageSize is how many people a page has at least, if there are so many.
const rosterPageSize = 50

// listed reads a page of people with a status: "" for all who hold a post, missing, trained or left.
func (s *Server) listed(ctx context.Context, f roster.Filter, status string) (roster.Page, error) {
	f.Limit = rosterPageSize
	keep := func(roster.Person) bool { return true }
	switch status {
	case "":
	case "left":
		f.Left = true
		keep = func(p roster.Person) bool { return !p.Active }
	case "missing", "trained":
		wanted, err := s.inBase(ctx, f, status == "trained")
		if err != nil {
			return roster.Page{}, err
		}
		keep = func(p roster.Person) bool { return wanted[p.ID] }
	default:
		return roster.Page{}, store.Invalid("status", "invalid")
	}
	var found roster.Page
	for {
		page, err := s.roll.People(ctx, f)
		if err != nil {
			return found, err
		}
		for _, p := range page.People {
			if keep(p) {
				found.People = append(found.People, p)
			}
		}
		f.After, found.Next = page.Next, page.Next
		if page.Next == "" || len(found.People) >= rosterPageSize {
			return found, nil
		}
	}
}

// inBase are the ids of those people in the base who are trained now, or who are not.
func (s *Server) inBase(ctx context.Context, f roster.Filter, trained bool) (map[string]bool, error) {
	until := store.AtMost("trainedUntil", store.Time(s.now()))
	if trained {
		until.Op = store.Gt
	}
	q := store.Where(store.Is("inBase", true), store.Is("province", f.Province), until)
	if f.Commune != "" {
		q.Where = append(q.Where, store.Is("commune", f.Commune))
	}
	ids := map[string]bool{}
	return ids, store.Each(ctx, s.store, targets.StandingKind, q.By("commune"), func(st targets.Standing) error { ids[st.ID] = true; return nil })
}

type rosterPage struct {
	frame
	Province  roster.Province
	Provinces []roster.Province // to choose from, for who may read more than one
	Figures   []targets.Row     // of the provinces, where none is chosen
	May       bool              // the visitor may change this roster
	Communes  []roster.Commune
	Commune   string
	Text      string
	Status    string
	Rows      []personRow
	Next      string // address of the page after this, "" for none
	First     bool   // no page comes before
	Held      int    // people who hold a post in what is chosen
	Base      int
	Trained   int
}

// Statuses are what the list can be narrowed to.
func (rosterPage) Statuses() []string { return []string{"missing", "trained", "left"} }

// Missing is how many people of the base are not trained.
func (p rosterPage) Missing() int { return p.Base - p.Trained }

// Outside is how many hold a post and do not count in the base.
func (p rosterPage) Outside() int { return p.Held - p.Base }

// Filtered says whether the list is narrowed by more than the commune.
func (p rosterPage) Filtered() bool { return p.Text != "" || p.Status != "" }

// rosterPage lists the people of a province.
func (s *Server) rosterPage(c *fiber.Ctx) error {
	province, err := s.chosenProvince(c)
	if err != nil {
		return err
	}
	page := rosterPage{frame: s.frame(c, s.wordsOf(c).T("roster.title")), Province: province, Commune: c.Query("commune"), Text: strings.TrimSpace(c.Query("q")), Status: c.Query("status"), First: c.Query("after") == ""}
	if page.Has(roster.Office, roster.Admin) {
		page.Provinces = s.places.Provinces(roster.Present)
	}
	figures, err := s.board.Read(c.UserContext(), roster.Present, province.Code, time.Time{})
	if err != nil {
		return err
	}
	if province.Code == "" {
		page.Figures = figures.Rows
		return s.page(c, "roster", page)
	}
	if err := s.fillRoster(c, &page, figures); err != nil {
		return err
	}
	return s.page(c, "roster", page)
}

// fillRoster reads the counts and the people of the page's province.
func (s *Server) fillRoster(c *fiber.Ctx, page *rosterPage, figures targets.Figures) error {
	page.May = roster.MayEditRoster(*page.Account, page.Province.Code)
	page.Communes = s.places.Communes(roster.Present, page.Province.Code)
	if page.Commune != "" && !slices.ContainsFunc(page.Communes, func(x roster.Commune) bool { return x.Code == page.Commune }) {
		return store.NotFound(roster.PersonKind, "of commune")
	}
	held, err := s.roll.CountByCommune(c.UserContext(), page.Province.Code)
	if err != nil {
		return err
	}
	page.count(held, figures)
	people, err := s.listed(c.UserContext(), roster.Filter{Province: page.Province.Code, Commune: page.Commune, Text: page.Text, After: c.Query("after")}, page.Status)
	if err != nil {
		return err
	}
	if people.Next != "" {
		page.Next = page.address(people.Next)
	}
	page.Rows, err = s.personRows(c.UserContext(), people.People)
	return err
}

func (p *rosterPage) count(held map[string]int, figures targets.Figures) {
	for code, n := range held {
		if p.Commune == "" || p.Commune == code {
			p.Held += n
		}
	}
	if p.Commune == "" {
		p.Base, p.Trained = figures.Base, figures.Trained
		return
	}
	for _, row := range figures.Rows {
		if row.Code == p.Commune {
			p.Base, p.Trained = row.Base, row.Trained
		}
	}
}

// address is the list as it is narrowed, from a place on.
func (p *rosterPage) address(after string) string {
	q := url.Values{"province": {p.Province.Code}}
	for key, value := range map[string]string{"commune": p.Commune, "q": p.Text, "status": p.Status, "after": after} {
		if value != "" {
			q.Set(key, value)
		}
	}
	return "/roster?" + q.Encode()
}

// Start is the address of the first page.
func (p rosterPage) Start() string { return p.address("") }

// rosterTemplate sends an empty roster to fill in: the titles of the columns that the import knows.
func (s *Server) rosterTemplate(c *fiber.Ctx) error {
	columns := roster.ExportColumns(s.wordsOf(c).Lang)[1:] // new people have no code yet
	attach(c, "text/csv; charset=utf-8", s.wordsOf(c).T("roster.template.file")+".csv")
	var b strings.Builder
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	if err := w.Write(columns); err != nil {
		return err
	}
	w.Flush()
	return c.SendString(b.String())
}

// attach makes the answer a file to save. The name is of letters that every system takes.
func attach(c *fiber.Ctx, mediaType, name string) {
	c.Set(fiber.HeaderContentType, mediaType)
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
}

// exportRoster sends the people who hold a post, in the columns of the import.
func (s *Server) exportRoster(c *fiber.Ctx) error {
	format := c.Params("format")
	if format != targets.CSV && format != targets.XLSX {
		return fiber.ErrNotFound
	}
	province, err := s.chosenProvince(c)
	if err != nil {
		return err
	}
	if province.Code == "" {
		return store.Invalid("province", "province.empty")
	}
	r, err := s.board.Roster(c.UserContext(), targets.Scope{By: roster.Present, Province: province.Code, Commune: c.Query("commune")})
	if err != nil {
		return err
	}
	attach(c, reportTypes[format], fileName(r, format))
	s.stream(c, r, format)
	return nil
}

// PERSON

type personPage struct {
	frame
	personRow
	Province     roster.Province
	May          bool // the visitor may change the roster
	MayReset     bool
	Logins       []string
	Communes     []roster.Commune
	Kinds        []string
	Postings     []postingRow // the newest first
	Studies      []card
	Certificates []courses.Entry
	Today        time.Time
	Open         string // the form that was sent, "" for none
	Form         personForm
	Fault        *formFault
	Slip         *roster.Slip // just made
	ClaimPage    string       // where its code is typed
}

// postingRow is a posting with its commune's name.
type postingRow struct {
	roster.Posting
	Place string
}

// personForm is what was typed about a person.
type personForm struct {
	Token     string // names a new person, so that a form sent twice makes one
	Name      string
	Phone     string
	Post      string
	Library   string
	Kind      string
	Commune   string
	On        string
	Different bool // a namesake in the commune is somebody else
}

func readPersonForm(c *fiber.Ctx) personForm {
	return personForm{Token: c.FormValue("token"), Name: c.FormValue("name"), Phone: c.FormValue("phone"), Post: c.FormValue("post"), Library: c.FormValue("library"),
		Kind: c.FormValue("kind"), Commune: c.FormValue("commune"), On: c.FormValue("on"), Different: c.FormValue("different") == "yes"}
}

// entry is the form as the roster takes it. Communes of other provinces are refused: there others decide.
func (s *Server) entry(f personForm, province string) (roster.Entry, error) {
	e := roster.Entry{Name: f.Name, Phone: f.Phone, Post: f.Post, Library: f.Library, Kind: f.Kind, Commune: f.Commune}
	if f.Commune == "" {
		return e, store.Invalid("commune", "commune.empty")
	}
	if commune, ok := s.places.Commune(f.Commune); !ok || commune.Province != province {
		return e, store.Invalid("commune", "commune.outside")
	}
	var err error
	e.On, err = formDay(f.On)
	return e, err
}

// formDay reads a date as browsers send it, or as people type it where the browser has no calendar.
func formDay(text string) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, store.Invalid("on", "date.empty")
	}
	for _, layout := range []string{time.DateOnly, "2/1/2006", "2-1-2006", "2.1.2006"} {
		if day, err := time.Parse(layout, text); err == nil {
			return day, nil
		}
	}
	return time.Time{}, store.Invalid("on", "day.form", text)
}

// rosterFault is faultOf for the rules of the roster, which name dates as yyyy-mm-dd.
func (s *Server) rosterFault(c *fiber.Ctx, err error) (*formFault, error) {
	var p *store.Problem
	if errors.As(err, &p) {
		shown := *p
		shown.Args = slices.Clone(p.Args)
		for i, a := range shown.Args {
			text, _ := a.(string)
			if day, err := time.Parse(time.DateOnly, text); err == nil {
				shown.Args[i] = day
			}
		}
		err = &shown
	}
	return s.faultOf(c, err)
}

// onePerson finds the person that the address names, in a province that the visitor may read.
func (s *Server) onePerson(c *fiber.Ctx) (roster.Person, error) {
	p, err := s.roll.Person(c.UserContext(), c.Params("person"))
	if err == nil && !roster.MayReadPeople(*visitorOf(c).account, p.Province) {
		err = store.NotFound(roster.PersonKind, p.ID)
	}
	return p, err
}

// changedPerson is onePerson for who may also change them.
func (s *Server) changedPerson(c *fiber.Ctx) (roster.Person, error) {
	p, err := s.onePerson(c)
	if err == nil && !roster.MayEditRoster(*visitorOf(c).account, p.Province) {
		err = store.Denied("denied")
	}
	return p, err
}

func (s *Server) personPage(c *fiber.Ctx) error {
	p, err := s.onePerson(c)
	if err != nil {
		return err
	}
	page, err := s.aboutPerson(c, p)
	if err != nil {
		return err
	}
	return s.page(c, "person", page)
}

// aboutPerson puts together everything the page of a person says.
func (s *Server) aboutPerson(c *fiber.Ctx, p roster.Person) (page personPage, err error) {
	ctx := c.UserContext()
	page = personPage{frame: s.frame(c, p.Name), Kinds: roster.LibraryKinds, Today: roster.Day(s.now())}
	page.Province, _ = s.places.Province(roster.Present, p.Province)
	page.Communes = s.places.Communes(roster.Present, p.Province)
	page.May = roster.MayEditRoster(*page.Account, p.Province)
	page.Form = personForm{Name: p.Name, Phone: p.Phone, Post: p.Post, Kind: p.Kind, Library: p.Library, Commune: p.Commune, On: page.Today.Format(time.DateOnly)}
	if page.personRow, err = s.personRow(ctx, p); err != nil {
		return page, err
	}
	account, err := store.Get[roster.Account](ctx, s.store, roster.AccountKind, p.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return page, err
	}
	page.Logins = account.Logins
	page.MayReset = roster.MayIssueClaims(*page.Account, p.Province) && roster.MayManageAccount(*page.Account, account, p.Province)
	postings, err := s.roll.Postings(ctx, p.ID)
	if err != nil {
		return page, err
	}
	slices.SortStableFunc(postings, func(a, b roster.Posting) int { return cmp.Or(b.On.Compare(a.On), b.RecordedAt.Compare(a.RecordedAt)) })
	for _, posting := range postings {
		page.Postings = append(page.Postings, postingRow{posting, s.communeName(posting.Commune)})
	}
	studies, err := s.school.Studies(ctx, p.ID)
	if err != nil {
		return page, err
	}
	for _, st := range studies {
		page.Studies = append(page.Studies, card{st})
	}
	page.Certificates, err = s.school.Certificates(ctx, p.ID)
	return page, err
}

// personAgain shows a person's page with a form that could not be taken, as it was typed.
func (s *Server) personAgain(c *fiber.Ctx, p roster.Person, open string, err error) error {
	fault, err := s.rosterFault(c, err)
	if err != nil {
		return err
	}
	page, err := s.aboutPerson(c, p)
	if err != nil {
		return err
	}
	page.Open, page.Form, page.Fault = open, readPersonForm(c), fault
	return s.page(c, "person", page)
}

// settled does what follows from a change of a person, and leads back to their page.
func (s *Server) settled(c *fiber.Ctx, p roster.Person, action string) error {
	if err := s.restatePerson(c.UserContext(), p); err != nil {
		return err
	}
	if err := s.audit(c, "person."+action, p.ID, p.Province); err != nil {
		return err
	}
	return c.Redirect("/roster/"+p.ID+"?done=person-"+action, fiber.StatusSeeOther)
}

// restatePerson brings what is kept of a person elsewhere in line with the roster: their standing, and the name of their account.
func (s *Server) restatePerson(ctx context.Context, p roster.Person) error {
	_, err := store.Update(ctx, s.store, roster.AccountKind, p.ID, func(a *roster.Account) error { a.Name, a.Sort = p.Name, p.Sort; return nil })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	s.sessions.forgetAccount(p.ID)
	return s.board.Restate(ctx, p.ID)
}

// leave records that a person no longer holds their post.
func (s *Server) leave(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	on, err := formDay(c.FormValue("on"))
	if err == nil {
		p, err = s.roll.Leave(c.UserContext(), p.ID, on, visitorID(c))
	}
	if err != nil {
		return s.personFailed(c, "leave", err)
	}
	return s.settled(c, p, "leave")
}

// movePerson records that a person starts another post in the province, or one again.
func (s *Server) movePerson(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	e, err := s.entry(readPersonForm(c), p.Province)
	if err == nil {
		p, err = s.roll.Move(c.UserContext(), p.ID, e, visitorID(c))
	}
	if err != nil {
		return s.personFailed(c, "move", err)
	}
	return s.settled(c, p, "move")
}

// correctPerson writes a person's name, phone number, position and kind of library anew.
func (s *Server) correctPerson(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	f := readPersonForm(c)
	if p, err = s.roll.Correct(c.UserContext(), p.ID, roster.Details{Name: f.Name, Phone: f.Phone, Post: f.Post, Kind: f.Kind}); err != nil {
		return s.personFailed(c, "correct", err)
	}
	return s.settled(c, p, "correct")
}

// personFailed is personAgain with the person as the store has them.
func (s *Server) personFailed(c *fiber.Ctx, open string, cause error) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	return s.personAgain(c, p, open, cause)
}

// NEW PEOPLE

type newPersonPage struct {
	frame
	Province roster.Province
	Communes []roster.Commune
	Kinds    []string
	Today    time.Time
	Open     string
	Form     personForm
	Fault    *formFault
	Alike    []roster.Person // of the same name in the same commune
}

func (s *Server) newPersonPage(c *fiber.Ctx) error {
	province, err := s.editedProvince(c)
	if err != nil {
		return err
	}
	form := personForm{Token: uuid.NewString(), Commune: c.Query("commune"), On: roster.Day(s.now()).Format(time.DateOnly)}
	return s.showNewPerson(c, province, form, nil, nil)
}

func (s *Server) showNewPerson(c *fiber.Ctx, province roster.Province, form personForm, fault *formFault, alike []roster.Person) error {
	return s.page(c, "person-new", newPersonPage{frame: s.frame(c, s.wordsOf(c).T("person.add")), Province: province, Communes: s.places.Communes(roster.Present, province.Code),
		Kinds: roster.LibraryKinds, Today: roster.Day(s.now()), Open: "add", Form: form, Fault: fault, Alike: alike})
}

// addPerson enters somebody new. The person's id comes from the form's token, so that a form sent twice enters them once.
func (s *Server) addPerson(c *fiber.Ctx) error {
	province, err := s.editedProvince(c)
	if err != nil {
		return err
	}
	form := readPersonForm(c)
	if len(form.Token) < 16 || len(form.Token) > 64 {
		return fiber.ErrBadRequest
	}
	seed := sha256.Sum256([]byte(visitorID(c) + "\n" + form.Token))
	if p, err := s.roll.Person(c.UserContext(), roster.NewID(strings.NewReader(string(seed[:])))); err == nil {
		return c.Redirect("/roster/"+p.ID, fiber.StatusSeeOther)
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	e, err := s.entry(form, province.Code)
	if err != nil {
		return s.newPersonFailed(c, province, form, err)
	}
	alike, err := s.namesakes(c.UserContext(), e)
	if err != nil {
		return err
	}
	if len(alike) > 0 && !form.Different {
		c.Status(fiber.StatusConflict)
		return s.showNewPerson(c, province, form, nil, alike)
	}
	roll := *s.roll
	roll.Rand = strings.NewReader(string(seed[:]))
	p, err := roll.Add(c.UserContext(), e, visitorID(c))
	if err != nil {
		return s.newPersonFailed(c, province, form, err)
	}
	return s.settled(c, p, "add")
}

func (s *Server) newPersonFailed(c *fiber.Ctx, province roster.Province, form personForm, err error) error {
	fault, err := s.rosterFault(c, err)
	if err != nil {
		return err
	}
	return s.showNewPerson(c, province, form, fault, nil)
}

// namesakes are the people of the entry's commune, also those who left, who have its name.
func (s *Server) namesakes(ctx context.Context, e roster.Entry) ([]roster.Person, error) {
	name, err := roster.Name(e.Name)
	if err != nil {
		return nil, nil // told by who adds
	}
	page, err := s.roll.People(ctx, roster.Filter{Commune: e.Commune, Text: name, Left: true})
	return slices.DeleteFunc(page.People, func(p roster.Person) bool { return p.Fold != roster.Fold(name) }), err
}

// SLIPS

// Slips makes new codes for everyone who holds a post in a province, or in a commune of it, and has no password yet, and gives them as a PDF to print, by commune. A new code ends the earlier
// one of the same person. Where nobody needs one, n is 0 and there is no PDF.
func (s *Server) Slips(ctx context.Context, by roster.Account, province, commune string) (pdf []byte, n int, err error) {
	slips, err := s.accounts.NewClaims(ctx, by, province, commune)
	if err != nil || len(slips) == 0 {
		return nil, 0, err
	}
	order := map[string]int{}
	for i, c := range s.places.Communes(roster.Present, province) {
		order[c.Code] = i
	}
	slices.SortStableFunc(slips, func(a, b roster.Slip) int { return order[a.Commune] - order[b.Commune] })
	pdf, err = s.printSlips(slips)
	return pdf, len(slips), err
}

// printSlips sets slips on paper, in Vietnamese.
func (s *Server) printSlips(slips []roster.Slip) ([]byte, error) {
	var sheets []paper.Slip
	for _, slip := range slips {
		commune, _ := s.places.Commune(slip.Commune)
		at := ""
		if province, ok := s.places.Province(roster.Present, commune.Province); ok {
			at = commune.Title() + ", tỉnh " + province.Name
		}
		sheets = append(sheets, paper.Slip{Name: slip.Name, Library: slip.Library, Commune: at, Code: slip.Code, Site: s.baseURL + "/claim", URL: s.claimURL(slip.Code), Until: slip.ExpiresAt})
	}
	pdf, err := paper.Slips(words{"vi", s.words["vi"]}.T("slips.paper", s.now()), sheets)
	var p *store.Problem
	if errors.As(err, &p) {
		for i, slip := range slips {
			if strings.HasPrefix(p.Field, "slips."+strconv.Itoa(i)+".") {
				return nil, store.Invalid("", "slip-unprintable", slip.Name)
			}
		}
	}
	return pdf, err
}

// claimURL is the address behind the QR code of a slip.
func (s *Server) claimURL(code string) string {
	return s.baseURL + "/claim?code=" + url.QueryEscape(code)
}

// slips sends the slips of a province or commune as one PDF.
func (s *Server) slips(c *fiber.Ctx) error {
	province, err := s.editedProvince(c)
	if err != nil {
		return err
	}
	commune := c.FormValue("commune")
	if at, ok := s.places.Commune(commune); commune != "" && (!ok || at.Province != province.Code) {
		return store.NotFound(roster.PersonKind, "of commune")
	}
	pdf, n, err := s.Slips(c.UserContext(), *visitorOf(c).account, province.Code, commune)
	if err != nil {
		return err
	}
	if n == 0 {
		return c.Redirect("/roster?done=slips-none&province="+province.Code+"&commune="+escapeQuery(commune), fiber.StatusSeeOther)
	}
	if err := s.audit(c, "roster.slips", cmp.Or(commune, province.Code), province.Code); err != nil {
		return err
	}
	attach(c, "application/pdf", s.slipFile(cmp.Or(commune, province.Code)))
	return c.Send(pdf)
}

func (s *Server) slipFile(of string) string {
	return "lopban-phieu-" + strings.ToLower(of) + "-" + s.now().In(courses.Vietnam).Format("20060102-1504") + ".pdf"
}

// resetPerson takes a person's password away, ends their sessions, and shows a new code, once.
func (s *Server) resetPerson(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	slip, err := s.accounts.Reset(c.UserContext(), *visitorOf(c).account, p.ID)
	if err != nil {
		return err
	}
	s.sessions.forgetAccount(p.ID)
	if err := s.audit(c, "person.reset", p.ID, p.Province); err != nil {
		return err
	}
	page, err := s.aboutPerson(c, p)
	if err != nil {
		return err
	}
	page.Slip, page.ClaimPage = &slip, s.baseURL+"/claim"
	return s.page(c, "person", page)
}

// slip prints the code that was just shown. Only a code that works, and is this person's, is printed.
func (s *Server) slip(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	holder, err := s.accounts.Look(c.UserContext(), c.FormValue("code"), c.IP())
	if err != nil {
		return err
	}
	until, err := time.Parse(time.RFC3339, c.FormValue("until"))
	if err != nil || holder.Account != p.ID {
		return fiber.ErrBadRequest
	}
	pdf, err := s.printSlips([]roster.Slip{{Code: c.FormValue("code"), Account: p.ID, Name: holder.Name, Library: holder.Library, Commune: p.Commune, ExpiresAt: until}})
	if err != nil {
		return err
	}
	attach(c, "application/pdf", s.slipFile(p.ID))
	return c.Send(pdf)
}

// API

type apiPerson struct {
	ID          string           `json:"id"`
	Name        string           `json:"name"`
	Library     string           `json:"library"`
	Kind        string           `json:"kind"` // of the library
	Commune     string           `json:"commune"`
	CommuneName string           `json:"communeName"`
	Post        string           `json:"post"`
	InBase      bool             `json:"inBase"`
	Trained     bool             `json:"trained"`
	Missing     []courses.Strand `json:"missing"` // strands without a valid certificate
}

// apiPeople lists the people who hold a post in a province.
func (s *Server) apiPeople(c *fiber.Ctx) error {
	province, err := s.chosenProvince(c)
	if err != nil {
		return err
	}
	page, err := s.roll.People(c.UserContext(), roster.Filter{Province: province.Code, Commune: c.Query("commune"), After: c.Query("after"), Limit: 2 * rosterPageSize})
	if err != nil {
		return err
	}
	rows, err := s.personRows(c.UserContext(), page.People)
	if err != nil {
		return err
	}
	people := []apiPerson{}
	for _, r := range rows {
		people = append(people, apiPerson{ID: r.ID, Name: r.Name, Library: r.Library, Kind: r.Kind, Commune: r.Commune, CommuneName: r.Place, Post: r.Post,
			InBase: r.Stand.State != "outside", Trained: r.Stand.State == "trained", Missing: append([]courses.Strand{}, r.Stand.Missing...)})
	}
	return c.JSON(fiber.Map{"people": people, "next": page.Next})
}
