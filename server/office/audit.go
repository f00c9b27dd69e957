package office

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/courses/targets"
	"lopban/courses/words"
	"lopban/server/page"
)

// auditFilter is which entries of the trail are asked for.
type auditFilter struct {
	Province string
	About    string // the first word of the action, "" for all
	Text     string // in names, codes and notes, folded
	From, To time.Time
}

// abouts are what the trail can be narrowed to.
var abouts = []string{
	"roster", "person", "transfer", "account", "certificate", "practice", "rights", "course", "issuer", "period", "places", "library",
	"session", "training", "export", "trail",
}

type auditPage struct {
	page.Frame
	auditFilter
	Entries   []auditRow
	More      string // address of the entries before these, "" on the last page
	Export    string // address of the file
	Provinces []roster.Province
	Abouts    []string
}

// auditRow is an entry in words.
type auditRow struct {
	programme.AuditEntry
	Who, What, Whom, Place string
	Changes                []intake.Change
}

// Filtered says whether the trail is narrowed by what somebody chose.
func (p auditPage) Filtered() bool {
	return p.About != "" || p.Text != "" || !p.From.IsZero() || !p.To.IsZero() || p.Province != "" && len(p.Provinces) > 0
}

// auditScope reads the filter of the request. Staff read their own province's entries, and nothing of another.
func (s *Pages) auditScope(c *fiber.Ctx) (auditFilter, error) {
	a := *page.VisitorOf(c).Account
	f := auditFilter{Province: c.Query("province"), About: c.Query("about"), Text: strings.TrimSpace(c.Query("q"))}
	if f.Province == "" && !roster.MayReadAudit(a, "") {
		f.Province = a.Province
	}
	if !roster.MayReadAudit(a, f.Province) {
		return f, problem.Denied("denied")
	}
	for name, day := range map[string]*time.Time{"from": &f.From, "to": &f.To} {
		text := c.Query(name)
		if text == "" {
			continue
		}
		at, err := page.FormDay(text)
		if err != nil {
			return f, problem.Invalid(name, "day.form", text)
		}
		*day = time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, courses.Vietnam)
	}
	return f, nil
}

// query is the filter as an address has it.
func (f auditFilter) query() url.Values {
	q := url.Values{}
	for key, value := range map[string]string{"province": f.Province, "about": f.About, "q": f.Text} {
		if value != "" {
			q.Set(key, value)
		}
	}
	for key, day := range map[string]time.Time{"from": f.From, "to": f.To} {
		if !day.IsZero() {
			q.Set(key, day.Format(time.DateOnly))
		}
	}
	return q
}

// trail calls each with the entries of a filter, the newest first, from a place on, until it says stop; more is the
// place where it stopped, nil at the end.
func (s *Pages) trail(ctx context.Context, w words.Words, f auditFilter, from *store.Cursor, each func(auditRow) (stop bool)) (more *store.Cursor, err error) {
	q := store.Query{}.By("-at").From(from)
	if f.Province != "" {
		q.Where = append(q.Where, store.Is("province", f.Province))
	}
	if !f.From.IsZero() {
		q.Where = append(q.Where, store.AtLeast("at", store.Time(f.From)))
	}
	if !f.To.IsZero() {
		q.Where = append(q.Where, store.Less("at", store.Time(f.To.AddDate(0, 0, 1))))
	}
	names, wanted := s.Namer(ctx), roster.Fold(f.Text)
	for {
		entries, err := store.All[programme.AuditEntry](ctx, s.Store, programme.AuditKind, q.First(AuditPageSize))
		if err != nil || len(entries) == 0 {
			return nil, err
		}
		for _, e := range entries {
			place := &store.Cursor{Value: e.At, ID: e.ID}
			q = q.From(place)
			if f.About != "" && !strings.HasPrefix(e.Action, f.About+".") {
				continue
			}
			row := s.auditRow(w, e, names)
			if wanted != "" && !strings.Contains(roster.Fold(strings.Join([]string{row.Who, row.Whom, row.Subject, row.Note, changesInWords(w, row.Changes),
				strconv.Itoa(row.Number()), row.Digest}, "\n")), wanted) {
				continue
			}
			if each(row) {
				return place, nil
			}
		}
		if len(entries) < AuditPageSize {
			return nil, nil
		}
	}
}

func (s *Pages) auditRow(w words.Words, e programme.AuditEntry, names func(string) string) auditRow {
	row := auditRow{AuditEntry: e, Who: cmp.Or(names(e.By), e.By), Whom: cmp.Or(names(e.Subject), e.Subject), What: e.Action, Changes: page.ShownChanges(w, e.Changes)}
	if e.By == roster.Operator().ID {
		row.Who = w.T("audit.operator")
	}
	if text := w.Messages["audit."+e.Action]; text != "" {
		row.What = text
	}
	if e.Action == programme.Blotted { // digests say nothing to people
		row.Note = strings.Join(programme.BlottedLines(e.Note), ", ")
	}
	ofFile := strings.HasPrefix(e.Action, "roster.") || strings.HasPrefix(e.Action, "places.") // whose id says nothing
	if ofFile && e.Note != "" {
		row.Whom = ""
	}
	if p, ok := s.Places.Province(roster.Present, e.Province); ok {
		row.Place = page.ProvinceName(w, p)
	}
	return row
}

func changesInWords(w words.Words, changes []intake.Change) string {
	var all []string
	for _, c := range changes {
		all = append(all, w.T("field."+string(c.Field))+": "+cmp.Or(c.Old, "–")+" → "+cmp.Or(c.New, "–"))
	}
	return strings.Join(all, "; ")
}

// AuditTrail shows who did what to others, the newest first.
func (s *Pages) AuditTrail(c *fiber.Ctx) error {
	f, err := s.auditScope(c)
	if err != nil {
		return err
	}
	var from *store.Cursor
	if at, id, ok := strings.Cut(c.Query("before"), "!"); ok {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return fiber.ErrBadRequest
		}
		from = &store.Cursor{Value: time.UnixMilli(ms).UTC(), ID: id}
	}
	shown := auditPage{Frame: s.Frame(c, s.WordsOf(c).T("audit.title")), auditFilter: f, Abouts: abouts, Export: "/admin/audit.csv?" + f.query().Encode()}
	if roster.MayReadAudit(*shown.Account, "") {
		shown.Provinces = s.Places.Provinces(roster.Present)
	}
	var last auditRow
	more, err := s.trail(c.UserContext(), shown.Words, f, from, func(row auditRow) bool {
		if len(shown.Entries) == AuditPageSize {
			return true
		}
		shown.Entries, last = append(shown.Entries, row), row
		return false
	})
	if err != nil {
		return err
	}
	if more != nil {
		q := f.query()
		q.Set("before", strconv.FormatInt(last.At.UnixMilli(), 10)+"!"+last.ID)
		shown.More = "/admin/audit?" + q.Encode()
	}
	return s.Page(c, "audit", shown)
}

// auditRows is how many entries a file of the trail has at most.
const auditRows = 100_000

// AuditFile sends the entries of a filter as a file, the newest first.
func (s *Pages) AuditFile(c *fiber.Ctx) error {
	f, err := s.auditScope(c)
	if err != nil {
		return err
	}
	w := s.WordsOf(c)
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	// errors stay until Flush
	out.Write([]string{w.T("audit.at"), w.T("audit.who"), w.T("audit.did"), w.T("audit.whom"), w.T("column.province"), w.T("audit.note"), w.T("import.changes"),
		w.T("audit.line"), w.T("audit.digest")})
	n := 0
	_, err = s.trail(c.UserContext(), w, f, nil, func(row auditRow) bool {
		cells := []string{w.Clock(row.At), row.Who, row.What, row.Whom, row.Place, row.Note, changesInWords(w, row.Changes)}
		for i := range cells {
			cells[i] = targets.Harmless(cells[i])
		}
		out.Write(cells)
		n++
		return n == auditRows
	})
	if out.Flush(); err == nil {
		err = out.Error()
	}
	if err != nil {
		return err
	}
	file := "lopban-nhat-ky-" + s.Now().In(courses.Vietnam).Format("20060102") + ".csv"
	if err := s.TellExport(c, "trail", f.Province, file, n); err != nil {
		return err
	}
	page.Attach(c, "text/csv; charset=utf-8", file)
	return c.Send(b.Bytes())
}
