package people

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses/problem"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/server/page"
)

type transfersPage struct {
	page.Frame
	Province  roster.Province
	Provinces []roster.Province // to choose from, for who may read more than one
	May       bool              // the visitor may answer for the province
	Waiting   []transferRow     // for this province
	Asked     []transferRow     // for the other one
	Past      []transferRow
	Communes  []roster.Commune
	Kinds     []string
	Today     time.Time
	Open      string // the form that has a fault
	Fault     *page.FormFault
}

// transferRow is a transfer as a province sees it. Of whom it only asked for it sees no more than it wrote itself.
type transferRow struct {
	roster.Transfer
	Key       string // for forms
	Name      string
	Person    *roster.Person // nil for who only asked
	Place     string
	FromName  string
	ToName    string
	Turn      string
	Said      []saidOfTransfer
	Form      personForm
	Certified int
	Leaves    bool // goes from the province, does not come to it
}

// transferKey ends the names of the forms of a transfer.
func transferKey(t roster.Transfer) string { return "-" + strings.ReplaceAll(t.ID, "/", "-") }

type saidOfTransfer struct {
	roster.Handover
	Who string
}

// Transfers lists who comes to a province and who goes, and what waits for an answer.
func (s *Pages) Transfers(c *fiber.Ctx) error { return s.showTransfers(c, "", nil) }

func (s *Pages) showTransfers(c *fiber.Ctx, open string, fault *page.FormFault) error {
	province, err := s.ChosenProvince(c)
	if err != nil {
		return err
	}
	shown := transfersPage{Frame: s.Frame(c, s.WordsOf(c).T("transfer.title")), Province: province, Kinds: roster.LibraryKinds, Today: roster.Day(s.Now()), Open: open, Fault: fault}
	if shown.Has(roster.Office, roster.Admin) {
		shown.Provinces = s.Places.Provinces(roster.Present)
	}
	if province.Code == "" {
		return s.Page(c, "transfers", shown)
	}
	shown.May = roster.MayEditRoster(*shown.Account, province.Code)
	shown.Communes = s.Places.Communes(roster.Present, province.Code)
	all, err := s.Roll.Transfers(c.UserContext(), province.Code)
	if err != nil {
		return err
	}
	names := s.Namer(c.UserContext())
	for _, t := range all {
		if !t.Open() && len(shown.Past) >= roster.PastTransfers {
			continue
		}
		row, err := s.transferRow(c, t, province.Code, names)
		if err != nil {
			return err
		}
		if fault != nil && strings.HasSuffix(open, row.Key) {
			row.Form = readPersonForm(c)
		}
		switch t.Turn() {
		case province.Code:
			shown.Waiting = append(shown.Waiting, row)
		case "":
			shown.Past = append(shown.Past, row)
		default:
			shown.Asked = append(shown.Asked, row)
		}
	}
	return s.Page(c, "transfers", shown)
}

func (s *Pages) transferRow(c *fiber.Ctx, t roster.Transfer, province string, names func(string) string) (transferRow, error) {
	w := s.WordsOf(c)
	named := func(code string) string {
		p, _ := s.Places.Province(roster.Present, code)
		return page.ProvinceName(w, p)
	}
	row := transferRow{Transfer: t, Key: transferKey(t), Name: t.Wanted().Name, FromName: named(t.From), ToName: named(t.To), Leaves: t.From == province}
	row.Turn = named(t.Turn())
	for _, h := range t.Steps {
		row.Said = append(row.Said, saidOfTransfer{h, cmp.Or(names(h.By), h.By)})
	}
	if t.To == province && t.HandedOver().IsZero() {
		return row, nil
	}
	p, err := s.Roll.Person(c.UserContext(), t.Person)
	if errors.Is(err, problem.ErrNotFound) { // erased
		return row, nil
	}
	if err != nil {
		return row, err
	}
	row.Person, row.Name, row.Place = &p, p.Name, s.CommuneName(p.Commune)
	if row.Certified, err = s.CertificatesOf(c.UserContext(), p.ID); err != nil {
		return row, err
	}
	wanted, on := t.Wanted(), t.HandedOver()
	first := wanted.On
	if first.Before(on) {
		first = on
	}
	row.Form = personForm{Post: cmp.Or(wanted.Post, p.Post), Library: wanted.Library, Kind: wanted.Kind, Commune: wanted.Commune, On: first.Format(time.DateOnly)}
	if t.From == province {
		row.Form.On = roster.Day(s.Now()).Format(time.DateOnly)
	}
	return row, nil
}

// AskTransfer asks another province for somebody who was typed into the form of a new person and works there.
func (s *Pages) AskTransfer(c *fiber.Ctx) error {
	province, err := s.EditedProvince(c)
	if err != nil {
		return err
	}
	form := readPersonForm(c)
	name, err := roster.Name(form.Name)
	if err != nil {
		return err
	}
	phone, err := roster.PhoneOrNone(form.Phone)
	if err != nil {
		return err
	}
	on, _ := page.FormDay(form.On)
	post := roster.Entry{Post: form.Post, Library: form.Library, Kind: form.Kind, Commune: form.Commune, On: on}
	sought := roster.Sought{Province: province.Code, Name: name, Phone: phone, Commune: form.Commune, Library: form.Library}
	t, err := s.AskAway(c.UserContext(), "", sought, post, page.VisitorID(c))
	if err != nil {
		return s.newPersonFailed(c, province, form, err)
	}
	done := "transfer-ask"
	if t.Turn() == province.Code {
		done = "transfer-offered"
	}
	return page.SeeOther(c, "/roster/transfers?done="+done+"&province="+province.Code)
}

// askForRow asks the province where the person of a row was found.
func (s *Pages) askForRow(c *fiber.Ctx, im *intake.Import, ref string) error {
	i := slices.IndexFunc(im.Rows, func(row intake.ImportRow) bool { return row.Ref() == ref })
	if i < 0 || !im.Rows[i].Elsewhere() {
		return problem.Invalid("answer", "answer.unknown")
	}
	_, err := s.AskRow(c.UserContext(), im, &im.Rows[i], page.VisitorID(c))
	return err
}

// OfferTransfer hands somebody over to another province.
func (s *Pages) OfferTransfer(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	on, err := page.FormDay(c.FormValue("on"))
	if err == nil {
		_, err = s.Programme.OfferTransfer(c.UserContext(), p.ID, c.FormValue("to"), on, page.VisitorID(c))
	}
	if err != nil {
		return s.personFailed(c, "transfer", err)
	}
	return page.SeeOther(c, "/roster/transfers?done=transfer-offer&province="+p.Province)
}

// AnswerTransfer says yes or no to what a transfer waits for, or takes back what was said.
func (s *Pages) AnswerTransfer(c *fiber.Ctx) error {
	t, err := s.Roll.Transfer(c.UserContext(), c.Params("person")+"/"+c.Params("n"))
	if err != nil {
		return err
	}
	side, do := t.To, c.FormValue("do")
	if c.FormValue("province") == t.From {
		side = t.From
	}
	a := *page.VisitorOf(c).Account
	if !roster.MayReadPeople(a, t.From) && !roster.MayReadPeople(a, t.To) {
		return store.NotFound(roster.HandoverKind, t.ID)
	}
	if !roster.MayEditRoster(a, side) {
		return problem.Denied("denied")
	}
	if err := s.answerTransfer(c, t, side, do); err != nil {
		fault, err := s.RosterFault(c, err)
		if err != nil {
			return err
		}
		return s.showTransfers(c, do+transferKey(t), fault)
	}
	return page.SeeOther(c, "/roster/transfers?done=transfer-"+do+"&province="+side)
}

func (s *Pages) answerTransfer(c *fiber.Ctx, t roster.Transfer, side, do string) error {
	ctx, by := c.UserContext(), page.VisitorID(c)
	mine := !t.Open() || t.Turn() == side // what has ended says so itself
	switch {
	case do == "accept" && side == t.To:
		e, err := s.entry(readPersonForm(c), t.To)
		if err != nil {
			return err
		}
		_, err = s.AcceptTransfer(ctx, t.ID, e, by)
		return err
	case do == "offer" && side == t.From:
		on, err := page.FormDay(c.FormValue("on"))
		if err == nil {
			_, err = s.Programme.OfferTransfer(ctx, t.Person, t.To, on, by)
		}
		return err
	case do != "decline" && do != "withdraw":
		return fiber.ErrBadRequest
	case t.Open() && mine != (do == "decline"): // of a page from before the last step
		return &problem.Problem{Kind: problem.ErrExists, Code: "transfer.answered"}
	}
	_, err := s.EndTransfer(ctx, t, do == "decline", c.FormValue("reason"), by)
	return err
}

// FollowNumber makes the number of a person the login of their account.
func (s *Pages) FollowNumber(c *fiber.Ctx) error {
	p, err := s.changedPerson(c)
	if err != nil {
		return err
	}
	if err := s.Programme.FollowNumber(c.UserContext(), *page.VisitorOf(c).Account, p.ID); err != nil {
		return s.personFailed(c, "login", err)
	}
	return page.SeeOther(c, "/roster/"+p.ID+"?done=person-login")
}
