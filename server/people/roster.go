package people

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/accounts"
	"lopban/courses/roster/form"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
	"lopban/server/page"
)

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

func (s *Pages) personRow(ctx context.Context, p roster.Person) (personRow, error) {
	rows, err := s.personRows(ctx, []roster.Person{p})
	if err != nil {
		return personRow{}, err
	}
	return rows[0], nil
}

func (s *Pages) personRows(ctx context.Context, people []roster.Person) ([]personRow, error) {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	standings, err := store.Many(ctx, s.Store, targets.StandingKind, ids, func(st targets.Standing) string { return st.ID })
	if err != nil {
		return nil, err
	}
	held, err := store.Many(ctx, s.Store, roster.AccountKind, ids, func(a roster.Account) string { return a.ID })
	if err != nil {
		return nil, err
	}
	rows := make([]personRow, len(people))
	for i, p := range people {
		st, ok := standings[p.ID]
		if !ok {
			st = targets.Stand(s.Targets, p, nil, nil)
		}
		rows[i] = personRow{Person: p, Place: s.CommuneName(p.Commune), Stand: viewOf(p, st, s.Now()), Access: "none"}
		if a, ok := held[p.ID]; ok {
			rows[i].Access = accessOf(a)
		}
	}
	return rows, nil
}

func accessOf(a roster.Account) string {
	switch {
	case a.Disabled:
		return "disabled"
	case a.Hash == "":
		return "waiting"
	}
	return "open"
}

// RosterPageSize is how many people a page has, if there are so many.
const RosterPageSize = 50

// listed reads a page of people with a status: "" for all who hold a post, missing, trained or left.
func (s *Pages) listed(ctx context.Context, f roster.Filter, status string) (roster.Page, error) {
	f.Limit = RosterPageSize
	switch status {
	case "":
	case "left":
		f.Left = true
		f.Keep = func(p roster.Person) bool { return !p.Active }
	case "missing", "trained":
		wanted, err := s.inBase(ctx, f, status == "trained")
		if err != nil {
			return roster.Page{}, err
		}
		f.Keep = func(p roster.Person) bool { return wanted[p.ID] }
	default:
		return roster.Page{}, problem.Invalid("status", "invalid")
	}
	return s.Roll.People(ctx, f)
}

// inBase are the ids of those people in the base who are trained now, or who are not.
func (s *Pages) inBase(ctx context.Context, f roster.Filter, trained bool) (map[string]bool, error) {
	until := store.AtMost("trainedUntil", store.Time(s.Now()))
	if trained {
		until.Op = store.Gt
	}
	q := store.Where(store.Is("inBase", true), store.Is("province", f.Province), until)
	if f.Commune != "" {
		q.Where = append(q.Where, store.Is("commune", f.Commune))
	}
	ids := map[string]bool{}
	return ids, store.Each(ctx, s.Store, targets.StandingKind, q.By("commune"), func(st targets.Standing) error { ids[st.ID] = true; return nil })
}

type rosterPage struct {
	page.Frame
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
	Transfers int    // that wait for the province
	Held      int    // people who hold a post in what is chosen
	Base      int
	Trained   int
	Restored  time.Time // since when slips must be printed anew because the data came from a backup, or zero
}

// Statuses are what the list can be narrowed to.
func (rosterPage) Statuses() []string { return []string{"missing", "trained", "left"} }

// Missing is how many people of the base are not trained.
func (p rosterPage) Missing() int { return p.Base - p.Trained }

// Outside is how many hold a post and do not count in the base.
func (p rosterPage) Outside() int { return p.Held - p.Base }

// Filtered says whether the list is narrowed by more than the commune.
func (p rosterPage) Filtered() bool { return p.Text != "" || p.Status != "" }

// RosterPage lists the people of a province.
func (s *Pages) RosterPage(c *fiber.Ctx) error {
	province, err := s.ChosenProvince(c)
	if err != nil {
		return err
	}
	shown := rosterPage{Frame: s.Frame(c, s.WordsOf(c).T("roster.title")), Province: province, Commune: c.Query("commune"), Text: strings.TrimSpace(c.Query("q")), Status: c.Query("status"), First: c.Query("after") == ""}
	if shown.Has(roster.Office, roster.Admin) {
		shown.Provinces = s.Places.Provinces(roster.Present)
	}
	figures, err := s.Board.Read(c.UserContext(), roster.Present, province.Code, time.Time{})
	if err != nil {
		return err
	}
	if province.Code == "" {
		shown.Figures = figures.Rows
		return s.Page(c, "roster", shown)
	}
	if err := s.fillRoster(c, &shown, figures); err != nil {
		return err
	}
	return s.Page(c, "roster", shown)
}

// fillRoster reads the counts and the people of the page's province.
func (s *Pages) fillRoster(c *fiber.Ctx, shown *rosterPage, figures targets.Figures) error {
	var err error
	if shown.Restored, err = s.Accounts.RestoredAt(c.UserContext()); err != nil {
		return err
	}
	shown.May = roster.MayEditRoster(*shown.Account, shown.Province.Code)
	shown.Communes = s.Places.Communes(roster.Present, shown.Province.Code)
	if shown.Transfers, err = s.Roll.PendingOf(c.UserContext(), shown.Province.Code); err != nil {
		return err
	}
	if shown.Commune != "" && !slices.ContainsFunc(shown.Communes, func(x roster.Commune) bool { return x.Code == shown.Commune }) {
		return store.NotFound(roster.PersonKind, "of commune")
	}
	held, err := s.Roll.CountByCommune(c.UserContext(), shown.Province.Code)
	if err != nil {
		return err
	}
	shown.count(held, figures)
	people, err := s.listed(c.UserContext(), roster.Filter{Province: shown.Province.Code, Commune: shown.Commune, Text: shown.Text, After: c.Query("after")}, shown.Status)
	if err != nil {
		return err
	}
	if people.Next != "" {
		shown.Next = shown.address(people.Next)
	}
	shown.Rows, err = s.personRows(c.UserContext(), people.People)
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

// RosterTemplate sends an empty roster to fill in: columns of text, the communes of the province and the kinds to
// choose from, and an example, which the import passes over.
func (s *Pages) RosterTemplate(c *fiber.Ctx) error {
	w := s.WordsOf(c)
	// new people have no code yet
	list := form.Form{List: w.T("import.list"), Choices: w.T("roster.template.choices"), Hint: w.T("roster.template.hint"), Titles: intake.ExportColumns(w.Lang)[1:]}
	for _, kind := range roster.LibraryKinds {
		list.Kinds = append(list.Kinds, w.T("kind."+kind))
	}
	commune := w.T("roster.template.commune")
	if province, err := s.importProvince(c); err == nil && province.Code != "" {
		list.Communes = s.Places.Communes(roster.Present, province.Code)
		commune = list.Communes[0].Title()
	}
	list.Example = []string{w.T("roster.template.name"), "0912345678", w.T("roster.template.post"), w.T("roster.template.library"), list.Kinds[0], "", commune, "05/03/2024"}
	var b bytes.Buffer
	if err := form.Write(&b, list); err != nil {
		return err
	}
	page.Attach(c, xlsxType, w.T("roster.template.file")+".xlsx")
	return c.Send(b.Bytes())
}

// ExportRoster sends the people who hold a post, in the columns of the import.
func (s *Pages) ExportRoster(c *fiber.Ctx) error {
	format := c.Params("format")
	if format != targets.CSV && format != targets.XLSX {
		return fiber.ErrNotFound
	}
	province, err := s.ChosenProvince(c)
	if err != nil {
		return err
	}
	if province.Code == "" {
		return problem.Invalid("province", "province.empty")
	}
	r, err := s.Board.Roster(c.UserContext(), targets.Scope{By: roster.Present, Province: province.Code, Commune: c.Query("commune")})
	if err != nil {
		return err
	}
	page.Attach(c, page.ReportTypes[format], page.FileName(r, format))
	return s.Export(c, r, format)
}

// PERSON

type personPage struct {
	page.Frame
	personRow
	Province     roster.Province
	May          bool // the visitor may change the roster
	MayReset     bool
	Holds        roster.Account   // the zero one for none
	NewNumber    string           // that may become the login
	Transfer     *roster.Transfer // that waits
	Others       []roster.Province
	MayManage    bool            // the visitor may unlock the person's account and sign it out
	Lock         *roster.Account // the account, where a lock is or was in the last month
	Locked       bool            // now
	Communes     []roster.Commune
	Kinds        []string
	Postings     []postingRow  // the newest first
	Said         []saidRow     // what the person was called before, the newest first
	Kept         roster.Person // of an entry that was joined to another, the one that is kept
	Joined       []roster.Person
	StruckFor    string
	Studies      []page.Card
	Certificates []school.Entry
	Trainings    []page.TrainingRow
	Hurried      map[string]bool // those whose course was finished very fast, by code
	Today        time.Time
	Open         string // the form that was sent, "" for none
	Form         personForm
	Fault        *page.FormFault
	Slip         *accounts.Slip // just made
	ClaimPage    string         // where its code is typed
}

// postingRow is a posting with its commune's name.
type postingRow struct {
	roster.Posting
	Place string
}

// lockShown is how long the page of a person speaks of a lock.
const lockShown = 30 * 24 * time.Hour

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
	To        string // the province to which somebody is handed over
	Different bool   // a namesake in the commune is somebody else
}

func readPersonForm(c *fiber.Ctx) personForm {
	return personForm{Token: c.FormValue("token"), Name: c.FormValue("name"), Phone: c.FormValue("phone"), Post: c.FormValue("post"), Library: c.FormValue("library"),
		Kind: c.FormValue("kind"), Commune: c.FormValue("commune"), On: c.FormValue("on"), To: c.FormValue("to"), Different: c.FormValue("different") == "yes"}
}

// entry is the form as the roster takes it. Communes of other provinces are refused: there others decide.
func (s *Pages) entry(f personForm, province string) (roster.Entry, error) {
	e := roster.Entry{Name: f.Name, Phone: f.Phone, Post: f.Post, Library: f.Library, Kind: f.Kind, Commune: f.Commune}
	if f.Commune == "" {
		return e, problem.Invalid("commune", "commune.empty")
	}
	if commune, ok := s.Places.Commune(f.Commune); !ok || commune.Province != province {
		return e, problem.Invalid("commune", "commune.outside")
	}
	var err error
	e.On, err = page.FormDay(f.On)
	return e, err
}

// onePerson finds the person that the address names, in a province that the visitor may read.
func (s *Pages) onePerson(c *fiber.Ctx) (roster.Person, error) {
	p, err := s.Roll.Person(c.UserContext(), c.Params("person"))
	if err == nil && !roster.MayReadPeople(*page.VisitorOf(c).Account, p.Province) {
		err = store.NotFound(roster.PersonKind, p.ID)
	}
	return p, err
}

// changedPerson is onePerson for who may also change them.
func (s *Pages) changedPerson(c *fiber.Ctx) (roster.Person, error) {
	p, err := s.onePerson(c)
	if err == nil && !roster.MayEditRoster(*page.VisitorOf(c).Account, p.Province) {
		err = problem.Denied("denied")
	}
	return p, err
}

func (s *Pages) PersonPage(c *fiber.Ctx) error {
	p, err := s.onePerson(c)
	if err != nil {
		return err
	}
	shown, err := s.aboutPerson(c, p)
	if err != nil {
		return err
	}
	return s.Page(c, "person", shown)
}

// aboutPerson puts together everything the page of a person says.
func (s *Pages) aboutPerson(c *fiber.Ctx, p roster.Person) (shown personPage, err error) {
	ctx := c.UserContext()
	shown = personPage{Frame: s.Frame(c, p.Name), Kinds: roster.LibraryKinds, Today: roster.Day(s.Now())}
	shown.Province, _ = s.Places.Province(roster.Present, p.Province)
	shown.Communes = s.Places.Communes(roster.Present, p.Province)
	shown.May = roster.MayEditRoster(*shown.Account, p.Province)
	shown.Form = personForm{Name: p.Name, Phone: p.Phone, Post: p.Post, Kind: p.Kind, Library: p.Library, Commune: p.Commune, On: shown.Today.Format(time.DateOnly)}
	if shown.personRow, err = s.personRow(ctx, p); err != nil {
		return shown, err
	}
	account, err := store.Get[roster.Account](ctx, s.Store, roster.AccountKind, p.ID)
	if err != nil && !errors.Is(err, problem.ErrNotFound) {
		return shown, err
	}
	shown.Holds = account
	shown.MayManage = account.Hash != "" && roster.MayManageAccount(*shown.Account, account, p.Province)
	if !account.LockedAt.IsZero() && s.Now().Sub(account.LockedAt) < lockShown {
		shown.Lock, shown.Locked = &account, s.Now().Before(account.LockedUntil)
	}
	shown.MayReset = roster.MayIssueClaims(*shown.Account, p.Province) && roster.MayManageAccount(*shown.Account, account, p.Province)
	if shown.MayReset {
		shown.NewNumber = accounts.NewNumber(account, p)
	}
	if shown.May {
		shown.Others = slices.DeleteFunc(slices.Clone(s.Places.Provinces(roster.Present)), func(o roster.Province) bool { return o.Code == p.Province })
		if t, _, open, err := s.Roll.OpenTransfer(ctx, p.ID); err != nil {
			return shown, err
		} else if open {
			shown.Transfer = &t
		}
	}
	facts, err := s.Roll.Facts(ctx, p.ID)
	if err != nil {
		return shown, err
	}
	postings := facts.Postings
	postings = p.Live(postings)
	if err := s.aboutEntries(ctx, &shown, p); err != nil {
		return shown, err
	}
	slices.SortStableFunc(postings, func(a, b roster.Posting) int { return cmp.Or(b.On.Compare(a.On), b.RecordedAt.Compare(a.RecordedAt)) })
	for _, posting := range postings {
		shown.Postings = append(shown.Postings, postingRow{posting, s.CommuneName(posting.Commune)})
	}
	studies, err := s.School.Studies(ctx, p.ID)
	if err != nil {
		return shown, err
	}
	for _, st := range studies {
		shown.Studies = append(shown.Studies, page.Card{Study: st})
	}
	trainings, err := s.School.TrainingsOf(ctx, p.ID)
	if err != nil {
		return shown, err
	}
	shown.Trainings = page.TrainingRows(trainings)
	if shown.Certificates, err = s.School.Certificates(ctx, p.ID); err != nil {
		return shown, err
	}
	var codes []string
	for _, e := range shown.Certificates {
		codes = append(codes, e.Code)
	}
	shown.Hurried, err = s.School.Hurried(ctx, codes...)
	return shown, err
}

// renderPersonWithError shows a person's page with a form that could not be taken, as it was typed.
func (s *Pages) renderPersonWithError(c *fiber.Ctx, p roster.Person, open string, err error) error {
	fault, err := s.RosterFault(c, err)
	if err != nil {
		return err
	}
	shown, err := s.aboutPerson(c, p)
	if err != nil {
		return err
	}
	shown.Open, shown.Form, shown.Fault = open, readPersonForm(c), fault
	return s.Page(c, "person", shown)
}

// settled does what follows from a change of a person, and leads back to their page.
func (s *Pages) settled(c *fiber.Ctx, p roster.Person, action string, changes ...intake.Change) error {
	if err := s.RefreshPerson(c.UserContext(), p); err != nil {
		return err
	}
	if err := s.TellAct(c, programme.AuditEntry{Action: "person." + action, Subject: p.ID, Province: p.Province, Changes: changes}); err != nil {
		return err
	}
	return page.SeeOther(c, "/roster/"+p.ID+"?done=person-"+action)
}

// Leave records that a person no longer holds their post.
func (s *Pages) Leave(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	on, err := page.FormDay(c.FormValue("on"))
	if err == nil {
		p, err = s.Roll.LeaveIn(c.UserContext(), p.Province, p.ID, on, page.VisitorID(c))
	}
	if err != nil {
		return s.personFailed(c, "leave", err)
	}
	return s.settled(c, p, "leave")
}

// MovePerson records that a person starts another post in the province, or one again.
func (s *Pages) MovePerson(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	was := p
	e, err := s.entry(readPersonForm(c), p.Province)
	if err == nil {
		p, err = s.Roll.MoveIn(c.UserContext(), p.Province, p.ID, e, page.VisitorID(c))
	}
	if err != nil {
		return s.personFailed(c, "move", err)
	}
	return s.settled(c, p, "move", programme.ChangesOf(was, p)...)
}

// CorrectPerson writes a person's name, phone number, position and kind of library anew.
func (s *Pages) CorrectPerson(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	f, was := readPersonForm(c), p
	if f.Phone != "" && f.Phone != p.Phone {
		if err := s.mayTryNumbers(c); err != nil {
			return err
		}
	}
	if p, err = s.Roll.Correct(c.UserContext(), p.ID, roster.Details{Name: f.Name, Phone: f.Phone, Post: f.Post, Kind: f.Kind}, page.VisitorID(c)); err != nil {
		if isNumber(err) {
			if err := s.tellNumbers(c, was.Province, was.ID, 1); err != nil {
				return err
			}
		}
		return s.personFailed(c, "correct", err)
	}
	return s.settled(c, p, "correct", programme.ChangesOf(was, p)...)
}

// personFailed is renderPersonWithError with the person as the store has them. Of one whom another province has taken
// it says only that.
func (s *Pages) personFailed(c *fiber.Ctx, open string, cause error) error {
	p, err := s.changedPerson(c)
	if errors.Is(err, problem.ErrNotFound) && errors.Is(cause, problem.ErrExists) {
		return cause
	}
	if err != nil {
		return err
	}
	return s.renderPersonWithError(c, p, open, cause)
}

// NEW PEOPLE

type newPersonPage struct {
	page.Frame
	Province roster.Province
	Communes []roster.Commune
	Kinds    []string
	Today    time.Time
	Open     string
	Form     personForm
	Fault    *page.FormFault
	Alike    []sideRow // who may be meant, of the province
	Away     []string  // provinces in which somebody of the number or the name is
	MayAsk   bool      // one of them, who holds a post there
	Row      sideRow   // what was typed
}

func (s *Pages) NewPersonPage(c *fiber.Ctx) error {
	province, err := s.EditedProvince(c)
	if err != nil {
		return err
	}
	form := personForm{Token: uuid.NewString(), Commune: c.Query("commune"), On: roster.Day(s.Now()).Format(time.DateOnly)}
	return s.showNewPerson(c, province, form, nil, newPersonPage{})
}

func (s *Pages) showNewPerson(c *fiber.Ctx, province roster.Province, form personForm, fault *page.FormFault, asks newPersonPage) error {
	return s.Page(c, "person-new", newPersonPage{Frame: s.Frame(c, s.WordsOf(c).T("person.add")), Province: province, Communes: s.Places.Communes(roster.Present, province.Code),
		Kinds: roster.LibraryKinds, Today: roster.Day(s.Now()), Open: "add", Form: form, Fault: fault, Alike: asks.Alike, Away: asks.Away, MayAsk: asks.MayAsk, Row: asks.Row})
}

// AddPerson enters somebody new. The person's id comes from the form's token, so that a form sent twice enters them
// once.
func (s *Pages) AddPerson(c *fiber.Ctx) error {
	province, err := s.EditedProvince(c)
	if err != nil {
		return err
	}
	form := readPersonForm(c)
	if len(form.Token) < 16 || len(form.Token) > 64 {
		return fiber.ErrBadRequest
	}
	seed := sha256.Sum256([]byte(page.VisitorID(c) + "\n" + form.Token))
	c.Locals(page.AuditID, uuid.NewSHA1(uuid.Nil, seed[:]).String()) // the same form is one act
	if p, err := s.Roll.Person(c.UserContext(), roster.NewID(strings.NewReader(string(seed[:])))); err == nil {
		return s.settled(c, p, "add") // a try before may have been cut off
	} else if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	e, err := s.entry(form, province.Code)
	if err != nil {
		return s.newPersonFailed(c, province, form, err)
	}
	if form.Phone != "" {
		if err := s.mayTryNumbers(c); err != nil {
			return err
		}
	}
	asks, err := s.alike(c, e, province.Code)
	if err != nil {
		return err
	}
	if form.Phone != "" && len(asks.Away) > 0 {
		if err := s.tellNumbers(c, province.Code, province.Code, 1); err != nil {
			return err
		}
	}
	if len(asks.Alike)+len(asks.Away) > 0 && !form.Different {
		c.Status(fiber.StatusConflict)
		return s.showNewPerson(c, province, form, nil, asks)
	}
	roll := *s.Roll
	roll.Rand = strings.NewReader(string(seed[:]))
	p, err := roll.Add(c.UserContext(), e, page.VisitorID(c))
	if isNumber(err) {
		if err := s.tellNumbers(c, province.Code, province.Code, 1); err != nil {
			return err
		}
	}
	if err != nil {
		return s.newPersonFailed(c, province, form, err)
	}
	return s.settled(c, p, "add")
}

func (s *Pages) newPersonFailed(c *fiber.Ctx, province roster.Province, form personForm, err error) error {
	fault, err := s.RosterFault(c, err)
	if err != nil {
		return err
	}
	return s.showNewPerson(c, province, form, fault, newPersonPage{})
}

// alike asks who an entry may be, by the rules of the import.
func (s *Pages) alike(c *fiber.Ctx, e roster.Entry, province string) (shown newPersonPage, err error) {
	name, err := roster.Name(e.Name)
	if err != nil {
		return shown, nil // told by who adds
	}
	phone, err := roster.PhoneOrNone(e.Phone)
	if err != nil {
		return shown, nil
	}
	m, err := s.Roll.Find(c.UserContext(), roster.Sought{Province: province, Name: name, Phone: phone, Commune: e.Commune, Library: e.Library})
	if err != nil {
		return shown, err
	}
	if m.Sure != nil {
		m.Maybe = append(m.Maybe, roster.Likeness{Person: *m.Sure})
	}
	for _, l := range m.Maybe {
		side, err := s.sideOf(c.UserContext(), l.Person)
		if err != nil {
			return shown, err
		}
		side.Against = l.Against
		shown.Alike = append(shown.Alike, side)
	}
	_, shown.MayAsk = m.Elsewhere()
	if m.Namesake != nil {
		m.Away = append(m.Away, *m.Namesake)
	}
	w := s.WordsOf(c)
	for _, p := range m.Away {
		there, _ := s.Places.Province(roster.Present, p.Province)
		shown.Away = append(shown.Away, page.ProvinceName(w, there))
	}
	e.Name, e.Phone = name, phone
	shown.Row = sideRow{Active: true, Entry: e, Place: s.CommuneName(e.Commune)}
	return shown, nil
}

// SLIPS

// SlipsFile sends the slips of a province or commune as one PDF.
func (s *Pages) SlipsFile(c *fiber.Ctx) error {
	province, err := s.EditedProvince(c)
	if err != nil {
		return err
	}
	commune := c.FormValue("commune")
	if at, ok := s.Places.Commune(commune); commune != "" && (!ok || at.Province != province.Code) {
		return store.NotFound(roster.PersonKind, "of commune")
	}
	pdf, n, left, err := s.Slips(c.UserContext(), *page.VisitorOf(c).Account, province.Code, commune)
	if err != nil {
		return err
	}
	if n == 0 {
		return page.SeeOther(c, "/roster?done=slips-none&province="+province.Code+"&commune="+page.EscapeQuery(commune))
	}
	e := programme.AuditEntry{Action: "roster.slips", Subject: cmp.Or(commune, province.Code), Province: province.Code, Note: s.SlipsNote(n, left)}
	if err := s.TellAct(c, e); err != nil {
		return err
	}
	page.Attach(c, "application/pdf", s.slipFile(cmp.Or(commune, province.Code)))
	return c.Send(pdf)
}

func (s *Pages) slipFile(of string) string {
	return "lopban-phieu-" + strings.ToLower(of) + "-" + s.Now().In(courses.Vietnam).Format("20060102-1504") + ".pdf"
}

// ResetPerson takes a person's password away, ends their sessions, and shows a new code, once.
func (s *Pages) ResetPerson(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	slip, err := s.Accounts.Reset(c.UserContext(), *page.VisitorOf(c).Account, p.ID)
	if err != nil {
		return err
	}
	s.Sessions.ForgetAccount(p.ID)
	if err := s.AuditAct(c, "person.reset", p.ID, p.Province); err != nil {
		return err
	}
	shown, err := s.aboutPerson(c, p)
	if err != nil {
		return err
	}
	shown.Slip, shown.ClaimPage = &slip, s.BaseURL+"/claim"
	return s.Page(c, "person", shown)
}

// SignOutPerson ends every session of a person.
func (s *Pages) SignOutPerson(c *fiber.Ctx) error {
	return s.managePerson(c, "sign-out", s.Accounts.SignOut)
}

// UnlockPerson lets a person be tried again at once, after too many wrong passwords.
func (s *Pages) UnlockPerson(c *fiber.Ctx) error {
	return s.managePerson(c, "unlock", s.Accounts.Unlock)
}

// managePerson does something to the account of a person.
func (s *Pages) managePerson(c *fiber.Ctx, action string, do func(ctx context.Context, by roster.Account, id string) (roster.Account, error)) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	if _, err := do(c.UserContext(), *page.VisitorOf(c).Account, p.ID); err != nil {
		return err
	}
	s.Sessions.ForgetAccount(p.ID)
	if err := s.AuditAct(c, "account."+action, p.ID, p.Province); err != nil {
		return err
	}
	return page.SeeOther(c, "/roster/"+p.ID+"?done=account-"+action)
}

// Slip prints the code that was just shown. Only a code that works, and is this person's, is printed.
func (s *Pages) Slip(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	holder, err := s.Accounts.Look(c.UserContext(), c.FormValue("code"), c.IP())
	if err != nil {
		return err
	}
	until, err := time.Parse(time.RFC3339, c.FormValue("until"))
	if err != nil || holder.Account != p.ID {
		return fiber.ErrBadRequest
	}
	pdf, err := s.PrintSlips([]accounts.Slip{{Code: c.FormValue("code"), Account: p.ID, Name: holder.Name, Library: holder.Library, Commune: p.Commune, ExpiresAt: until}})
	if err != nil {
		return err
	}
	if err := s.AuditAct(c, "person.slip", p.ID, p.Province); err != nil {
		return err
	}
	page.Attach(c, "application/pdf", s.slipFile(p.ID))
	return c.Send(pdf)
}

// API

type ApiPerson struct {
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

// ApiPeople lists the people who hold a post in a province.
func (s *Pages) ApiPeople(c *fiber.Ctx) error {
	province, err := s.ChosenProvince(c)
	if err != nil {
		return err
	}
	shown, err := s.Roll.People(c.UserContext(), roster.Filter{Province: province.Code, Commune: c.Query("commune"), After: c.Query("after"), Limit: 2 * RosterPageSize})
	if err != nil {
		return err
	}
	rows, err := s.personRows(c.UserContext(), shown.People)
	if err != nil {
		return err
	}
	people := []ApiPerson{}
	for _, r := range rows {
		people = append(people, ApiPerson{ID: r.ID, Name: r.Name, Library: r.Library, Kind: r.Kind, Commune: r.Commune, CommuneName: r.Place, Post: r.Post,
			InBase: r.Stand.State != "outside", Trained: r.Stand.State == "trained", Missing: append([]courses.Strand{}, r.Stand.Missing...)})
	}
	if err := s.tellPeople(c, province.Code, len(people)); err != nil {
		return err
	}
	return c.JSON(fiber.Map{"people": people, "next": shown.Next})
}

// tellPeople keeps that a program reads the roster, once for an account, a place and an hour: it comes page by page.
func (s *Pages) tellPeople(c *fiber.Ctx, province string, n int) error {
	place := cmp.Or(c.Query("commune"), province)
	once := strings.Join([]string{"people", page.VisitorID(c), place, s.Now().UTC().Format("2006-01-02T15")}, "/")
	c.Locals(page.AuditID, once)
	return s.TellExport(c, "people", province, place, n)
}
