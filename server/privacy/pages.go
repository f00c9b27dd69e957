// Package privacy is the site's pages about personal data: what is kept, what somebody agreed to, their own file,
// what they ask for, and how it is answered.
package privacy

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/rights"
	"lopban/courses/rights/duty"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/server/page"
)

// Pages answers for them.
type Pages struct{ *page.Site }

type noticePage struct {
	page.Frame
	Controller string
	Uses       []duty.Use
}

// Notice is the page for everybody: who answers for the data, what is kept, and what one may ask.
func (s *Pages) Notice(c *fiber.Ctx) error {
	w := s.WordsOf(c)
	shown := noticePage{Frame: s.Frame(c, w.T("privacy.title")), Controller: w.T("privacy.controller.yours"), Uses: duty.Uses}
	if shown.Account != nil {
		about, err := s.Duty.Of(c.UserContext(), shown.Account.ID)
		if err != nil {
			return err
		}
		if shown.Controller, err = s.Duty.Controller(c.UserContext(), about.Province, w); err != nil {
			return err
		}
	}
	return s.Page(c, "privacy", shown)
}

type dataPage struct {
	page.Frame
	duty.Subject
	Own      bool   // it is the visitor's
	Base     string // address of the page
	May      bool   // the visitor may answer for this person
	Consents []consentRow
	Asked    []askedRow
	Form     dataForm
	Whats    []rights.What
	Erased   *rights.Erasure
	Open     string
	Fault    *page.FormFault
}

type dataForm struct{ Name, Phone, Post, Words, What, Reason, Purpose string }

// consentRow is a purpose with what was said about it last.
type consentRow struct {
	Purpose rights.Purpose
	Text    string // to agree to
	Spoke   bool
	rights.Consent
	GaveBefore bool   // of a no: there was a yes before it
	Who        string // who entered it from paper
}

// askedRow is a request as a page shows it.
type askedRow struct {
	rights.Asking
	Name, Place, Who string
	Late             bool
	Key              string // of its forms
	Address          string // of its answers
	Mine             bool   // the visitor asked, and does not answer
}

// subject is whose data a page is about: the visitor's own, or of somebody whose province they look after.
func (s *Pages) subject(c *fiber.Ctx) (duty.Subject, bool, error) {
	id := c.Params("person")
	if id == "" {
		about, err := s.Duty.Of(c.UserContext(), page.VisitorID(c))
		return about, true, err
	}
	about, err := s.Duty.Of(c.UserContext(), id)
	if err == nil && !roster.MayReadRights(*page.VisitorOf(c).Account, about.Province) {
		err = store.NotFound(roster.PersonKind, id)
	}
	return about, false, err
}

// Data shows what somebody agreed to and asked for, and where their file is.
func (s *Pages) Data(c *fiber.Ctx) error { return s.showData(c, "", nil) }

func (s *Pages) showData(c *fiber.Ctx, open string, fault *page.FormFault) error {
	ctx, w := c.UserContext(), s.WordsOf(c)
	about, own, err := s.subject(c)
	if err != nil {
		return err
	}
	title := w.T("data.title")
	if !own {
		title = w.T("data.title.of", about.Name())
	}
	shown := dataPage{Frame: s.Frame(c, title), Subject: about, Own: own, Base: "/me/data", Open: open, Fault: fault, Whats: rights.Asked}
	if !own {
		shown.Base = "/roster/" + about.ID + "/data"
		shown.May = roster.MayAnswerRights(*shown.Account, about.Province) && about.ID != page.VisitorID(c)
	}
	if about.Person != nil {
		shown.Form = dataForm{Name: about.Person.Name, Phone: about.Person.Phone, Post: about.Person.Post}
	} else {
		shown.Form = dataForm{Name: about.Holds.Name}
	}
	if fault != nil {
		shown.Form = readForm(c)
	}
	if e, err := store.Get[rights.Erasure](ctx, s.Store, rights.ErasureKind, about.ID); err == nil {
		shown.Erased = &e
	} else if !errors.Is(err, problem.ErrNotFound) {
		return err
	}
	if shown.Consents, err = s.consents(c, about); err != nil {
		return err
	}
	asked, err := s.Duty.Asked(ctx, about)
	if err != nil {
		return err
	}
	for i := len(asked) - 1; i >= 0; i-- {
		row, err := s.askedRow(c, asked[i], s.Namer(ctx))
		if err != nil {
			return err
		}
		shown.Asked = append(shown.Asked, row)
	}
	return s.Page(c, "data", shown)
}

func readForm(c *fiber.Ctx) dataForm {
	return dataForm{c.FormValue("name"), c.FormValue("phone"), c.FormValue("post"), c.FormValue("words"), c.FormValue("what"), c.FormValue("reason"), c.FormValue("purpose")}
}

// consents are the purposes with what somebody said last about each.
func (s *Pages) consents(c *fiber.Ctx, about duty.Subject) (rows []consentRow, err error) {
	said, err := s.Rights.Consents(c.UserContext(), about.IDs...)
	names := s.Namer(c.UserContext())
	for _, p := range rights.Purposes {
		if err != nil {
			return nil, err
		}
		row := consentRow{Purpose: p}
		row.Consent, row.Spoke = said[p]
		if row.Way == rights.Paper {
			row.Who = names(row.By)
		}
		if row.Spoke && !row.Given {
			if row.GaveBefore, err = s.gave(c.UserContext(), p, about.IDs); err != nil {
				return nil, err
			}
		}
		row.Text, err = s.Duty.Wording(c.UserContext(), about.Province, p, s.WordsOf(c))
		rows = append(rows, row)
	}
	return rows, err
}

// gave says whether somebody ever said yes to a purpose.
func (s *Pages) gave(ctx context.Context, p rights.Purpose, ids []string) (bool, error) {
	for _, id := range ids {
		said, err := s.Rights.Said(ctx, id, p)
		if err != nil || slices.ContainsFunc(said, func(c rights.Consent) bool { return c.Given }) {
			return err == nil, err
		}
	}
	return false, nil
}

// Consent keeps that somebody agrees or withdraws: by themselves, or from paper by staff.
func (s *Pages) Consent(c *fiber.Ctx) error {
	about, own, err := s.subject(c)
	if err != nil {
		return err
	}
	gives, known := map[string]bool{"give": true, "withdraw": false}[c.FormValue("do")]
	if !known {
		return fiber.ErrBadRequest
	}
	way := rights.Box
	if !own {
		way = rights.Paper
	}
	purpose := rights.Purpose(c.FormValue("purpose"))
	err = s.Duty.Say(c.UserContext(), *page.VisitorOf(c).Account, about.ID, purpose, gives, way, c.FormValue("reason"), s.WordsOf(c))
	if err != nil {
		return s.failed(c, "consent-"+string(purpose), err)
	}
	return page.SeeOther(c, s.base(about, own)+"?done=consent")
}

func (s *Pages) base(about duty.Subject, own bool) string {
	if own {
		return "/me/data"
	}
	return "/roster/" + about.ID + "/data"
}

// failed shows the page again with what could not be taken.
func (s *Pages) failed(c *fiber.Ctx, open string, err error) error {
	fault, err := s.FaultOf(c, err)
	if err != nil {
		return err
	}
	return s.showData(c, open, fault)
}

// Ask keeps a request of somebody, or one that was told to staff.
func (s *Pages) Ask(c *fiber.Ctx) error {
	about, own, err := s.subject(c)
	if err != nil {
		return err
	}
	f := readForm(c)
	open := "other"
	if rights.What(f.What) == rights.Correct {
		open = "correct"
	}
	p := rights.Petition{What: rights.What(f.What), Words: f.Words, Change: rights.Change{Name: f.Name, Phone: f.Phone, Post: f.Post}}
	if _, err := s.Duty.Ask(c.UserContext(), *page.VisitorOf(c).Account, about.ID, p); err != nil {
		return s.failed(c, open, err)
	}
	done := "asked"
	if !own {
		done = "asked-for"
	}
	return page.SeeOther(c, s.base(about, own)+"?done="+done)
}

// File sends everything that is kept about somebody as one file. Staff who fetch it are in the trail.
func (s *Pages) File(c *fiber.Ctx) error {
	about, own, err := s.subject(c)
	if err != nil {
		return err
	}
	if !own && !roster.MayAnswerRights(*page.VisitorOf(c).Account, about.Province) {
		return problem.Denied("denied")
	}
	name := "lopban-du-lieu-" + about.ID + "-" + roster.Day(s.Now()).Format("20060102") + ".zip"
	if !own {
		if err := s.TellAct(c, programme.AuditEntry{Action: "export.data", Subject: about.ID, Province: about.Province}); err != nil {
			return err
		}
	}
	w, id, ctx := s.WordsOf(c), page.RequestID(c), c.UserContext()
	kept, err := s.Duty.Gather(ctx, about, w)
	if err != nil {
		return err
	}
	out, in := io.Pipe()
	go func() {
		err := s.Duty.WriteData(ctx, in, kept, about, w)
		if err != nil {
			s.Log.Error("a person's file was broken off", "id", id, "error", err.Error())
		}
		in.CloseWithError(err)
	}()
	page.Attach(c, "application/zip", name)
	c.Context().SetBodyStream(&page.Download{PipeReader: out, Cancel: func() {}}, -1)
	return nil
}

// Erase erases the data of somebody, when their code was typed.
func (s *Pages) Erase(c *fiber.Ctx) error {
	about, _, err := s.subject(c)
	if err != nil {
		return err
	}
	by := *page.VisitorOf(c).Account
	if typed, _ := roster.ParseID(c.FormValue("code")); typed != about.ID {
		if !roster.MayAnswerRights(by, about.Province) {
			return problem.Denied("denied")
		}
		return s.failed(c, "erase", problem.Invalid("code", "erase-code"))
	}
	petition := ""
	asked, err := s.Duty.Asked(c.UserContext(), about)
	for _, a := range asked {
		if a.What == rights.Erase && !a.Ended() {
			petition = a.ID
		}
	}
	if err == nil {
		_, err = s.Duty.Erase(c.UserContext(), by, about.ID, petition)
	}
	if err != nil {
		return s.failed(c, "erase", err)
	}
	if about.Person == nil {
		return page.SeeOther(c, "/requests?done=erased")
	}
	return page.SeeOther(c, "/roster/"+about.ID+"/data?done=erased")
}

type requestsPage struct {
	page.Frame
	Province  roster.Province
	Provinces []roster.Province
	Waiting   []askedRow
	Past      []askedRow
	May       bool
	Reason    string
	Open      string
	Fault     *page.FormFault
}

// Requests lists what people of a province ask about their data, what is due first at the top.
func (s *Pages) Requests(c *fiber.Ctx) error { return s.showRequests(c, "", nil) }

func (s *Pages) showRequests(c *fiber.Ctx, open string, fault *page.FormFault) error {
	province, err := s.ChosenProvince(c)
	if err != nil {
		return err
	}
	shown := requestsPage{Frame: s.Frame(c, s.WordsOf(c).T("requests.title")), Province: province, Open: open, Fault: fault, Reason: c.FormValue("reason")}
	if shown.Has(roster.Office, roster.Admin) {
		shown.Provinces = s.Places.Provinces(roster.Present)
	}
	shown.May = roster.MayAnswerRights(*shown.Account, province.Code)
	all, err := s.Duty.Requests(c.UserContext(), province.Code)
	if err != nil {
		return err
	}
	names := s.Namer(c.UserContext())
	for _, a := range all {
		row, err := s.askedRow(c, a, names)
		if err != nil {
			return err
		}
		if a.Ended() {
			shown.Past = append(shown.Past, row)
		} else {
			shown.Waiting = append(shown.Waiting, row)
		}
	}
	return s.Page(c, "requests", shown)
}

func (s *Pages) askedRow(c *fiber.Ctx, a rights.Asking, names func(string) string) (askedRow, error) {
	n, err := strconv.Atoi(a.ID[len(a.Person)+1:])
	if err != nil {
		return askedRow{}, err
	}
	row := askedRow{Asking: a, Name: names(a.Person), Late: a.Late(roster.Day(s.Now())), Key: a.Person + "-" + strconv.Itoa(n),
		Address: "/requests/" + a.Person + "/" + strconv.Itoa(n), Mine: a.Person == page.VisitorID(c)}
	if a.By != a.Person {
		row.Who = names(a.By)
	}
	if p, ok := s.Places.Province(roster.Present, a.Province); ok {
		row.Place = page.ProvinceName(s.WordsOf(c), p)
	}
	return row, nil
}

// Answer answers a request.
func (s *Pages) Answer(c *fiber.Ctx) error {
	n, err := strconv.Atoi(c.Params("n"))
	if err != nil || n < 1 || n > 9999 {
		return fiber.ErrNotFound
	}
	how, ok := map[string]rights.How{"heard": rights.Heard, "done": rights.Done, "refuse": rights.Refused}[c.FormValue("do")]
	if !ok {
		return fiber.ErrBadRequest
	}
	by := *page.VisitorOf(c).Account
	a, err := s.Duty.Asking(c.UserContext(), by, petitionID(c.Params("person"), n))
	if err != nil {
		return err
	}
	back := "/requests?province=" + page.EscapeQuery(c.FormValue("province"))
	if a.What == rights.Erase && how == rights.Done && !a.Ended() { // its page asks for the code first
		return page.SeeOther(c, "/roster/"+a.Person+"/data#erase")
	}
	if _, err = s.Duty.Answer(c.UserContext(), by, a.ID, how, c.FormValue("reason")); err != nil {
		fault, err := s.RosterFault(c, err)
		if err != nil {
			return err
		}
		return s.showRequests(c, a.Person+"-"+strconv.Itoa(n), fault)
	}
	return page.SeeOther(c, back+"&done=answered")
}

func petitionID(person string, n int) string {
	text := strconv.Itoa(n)
	return person + "/" + "0000"[:max(0, 4-len(text))] + text
}

// OpenRequests counts what waits for an answer in a province, "" for all.
func (s *Pages) OpenRequests(c *fiber.Ctx, province string) (int, error) {
	all, err := s.Duty.OpenRequests(c.UserContext(), province)
	return len(all), err
}

// Day is a date as the roster keeps them.
func (askedRow) Day(t time.Time) string { return t.Format("02/01/2006") }
