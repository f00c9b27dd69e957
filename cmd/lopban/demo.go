package main

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/store"
	"lopban/server"
)

type demoCommand struct {
	place
	site
	People int    `default:"1900" help:"Library workers on the roster, at least one for each of the 764 communes."`
	Seed   uint64 `default:"1687" help:"The same seed makes the same region."`
}

// Run fills an empty store, or goes on with one that an earlier demo filled, and serves.
func (c *demoCommand) Run(ctx context.Context, term *terminal, parsed *kong.Context) error {
	describe(term, parsed)
	return serve(ctx, term, c.place, c.site, func(ctx context.Context, s *server.Server) ([]string, error) {
		if err := publishAll(ctx, s); err != nil {
			return nil, err
		}
		filled, err := demoFilled(ctx, s)
		if err != nil {
			return nil, err
		}
		if !filled {
			if err := c.fill(ctx, term, s); err != nil {
				return nil, err
			}
		}
		var lines []string
		for _, a := range demoAccounts {
			lines = append(lines, fmt.Sprintf("sign-in %s %s %s", a.role, a.login, demoPassword))
		}
		return lines, nil
	})
}

// demoPassword opens every account of a demo; it is printed at each start, and a demo listens on this machine alone unless told otherwise.
const demoPassword = "lop-ban-1687"

// demoAccounts has one account a role. The learner has begun nothing; the staff account belongs to Tuyên Quang (08).
var demoAccounts = []struct {
	role     roster.Role
	login    string
	name     string
	province string
}{
	{roster.Learner, "hocvien", "Vàng Thị Mỷ", "08"},
	{roster.Trainer, "giangvien", "Nông Thị Duyên", "08"},
	{roster.Staff, "canbo", "Hoàng Văn Kiên", "08"},
	{roster.Office, "vanphong", "Trần Thu Hà", ""},
	{roster.Admin, "quantri", "Phạm Minh Sơn", ""},
}

// demoFilled says whether a demo filled this store. The last thing that a fill makes is the administrator.
func demoFilled(ctx context.Context, s *server.Server) (bool, error) {
	last := demoAccounts[len(demoAccounts)-1]
	_, err := store.Get[roster.Login](ctx, s.Roll().Store, roster.LoginKind, last.login)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	people, err := s.Roll().Store.Count(ctx, roster.PersonKind, store.Query{})
	if err != nil {
		return false, err
	}
	if people[0].N > 0 {
		return false, errors.New("the store holds people already, or a demo that was interrupted; demo fills an empty store: name another folder with --data")
	}
	return false, nil
}

// region is a fill under way. What is random comes from the seed, in one goroutine.
type region struct {
	s    *server.Server
	rand *rand.Rand
	seed uint64
	now  time.Time
	bar  *bar
	all  []roster.Person

	trainers map[string]string // account, by province
}

func (c *demoCommand) fill(ctx context.Context, term *terminal, s *server.Server) error {
	communes := 0
	for _, p := range s.Places().Provinces(roster.Programme) {
		communes += len(s.Places().Communes(roster.Programme, p.Code))
	}
	if c.People < communes {
		return fmt.Errorf("--people must be at least %d, one for each commune of the programme", communes)
	}
	r := &region{s: s, rand: rand.New(rand.NewPCG(c.Seed, 30122024)), seed: c.Seed, now: time.Now(), bar: &bar{out: term.err}, trainers: map[string]string{}}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return r.hire(ctx, c.People) }, r.issuers, r.learn, r.stand, r.open} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// libraryNames begins the name of a library by its kind; the commune's name follows.
var libraryNames = map[string]string{roster.CommuneLibrary: "Thư viện ", roster.LearningCentre: "Trung tâm học tập cộng đồng ", roster.CultureCentre: "Trung tâm văn hóa - thể thao ",
	roster.PostOfficePoint: "Điểm bưu điện - văn hóa ", roster.LegalBookcase: "Tủ sách pháp luật "}

var posts = []string{"Công chức văn hóa - xã hội", "Người làm công tác thư viện", "Nhân viên điểm bưu điện - văn hóa", "Cán bộ trung tâm học tập cộng đồng", "Cộng tác viên thư viện"}

// hire puts people on the roster: one in every commune, and the rest by chance.
func (r *region) hire(ctx context.Context, n int) error {
	var communes []roster.Commune
	for _, p := range r.s.Places().Provinces(roster.Programme) {
		communes = append(communes, r.s.Places().Communes(roster.Programme, p.Code)...)
	}
	entries := make([]roster.Entry, n)
	for i := range entries {
		at := communes[i%len(communes)]
		if i >= 2*len(communes) {
			at = pick(r.rand, communes)
		}
		kind := pick(r.rand, []string{roster.CommuneLibrary, roster.CommuneLibrary, roster.LearningCentre, roster.CultureCentre, roster.PostOfficePoint, roster.PostOfficePoint, roster.LegalBookcase})
		entries[i] = roster.Entry{Name: name(r.rand, at.Programme), Phone: fmt.Sprintf("09%08d", 10_000_000+i*37), Post: pick(r.rand, posts), Kind: kind,
			Library: libraryNames[kind] + at.Title(), Commune: at.Code, On: roster.Day(r.now).AddDate(-1-r.rand.IntN(9), -r.rand.IntN(12), -r.rand.IntN(28))}
		if i == 0 {
			entries[i].Name = demoAccounts[0].name
			entries[i].Commune = "00715" // xã Lũng Cú, Tuyên Quang
			entries[i].Library = libraryNames[kind] + "xã Lũng Cú"
		}
	}
	r.all = make([]roster.Person, n)
	return r.each(ctx, "roster", n, func(ctx context.Context, i int) (err error) {
		r.all[i], err = r.s.Roll().Add(ctx, entries[i], "operator")
		return err
	})
}

// issuers gives every province a signer.
func (r *region) issuers(ctx context.Context) error {
	for _, p := range r.s.Places().Provinces(roster.Present) {
		issuer := courses.UsualIssuer(p.Code, p.Name)
		issuer.Signer = name(r.rand, "19")
		if err := store.Save(ctx, r.s.Roll().Store, courses.IssuerKind, p.Code, issuer); err != nil {
			return err
		}
	}
	return nil
}

// deed is something that a learner did.
type deed struct {
	person int
	fact   courses.Fact
}

// learn lets people take courses through the last year, day by day, in the way of every fact. Phones reach the server in the evening.
func (r *region) learn(ctx context.Context) error {
	days, err := r.deeds(ctx)
	if err != nil {
		return err
	}
	total := 0
	for _, day := range days {
		total += len(day)
	}
	var clock atomic.Pointer[time.Time]
	school := &courses.School{Store: r.s.Roll().Store, Now: func() time.Time { return *clock.Load() }, Random: crand.Reader, BaseURL: r.s.BaseURL()}
	done := 0
	for d, day := range days {
		evening := r.evening(d - len(days))
		clock.Store(&evening)
		byPerson := map[int][]courses.Fact{}
		var order []int
		for _, deed := range day {
			if byPerson[deed.person] == nil {
				order = append(order, deed.person)
			}
			byPerson[deed.person] = append(byPerson[deed.person], deed.fact)
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(workers)
		for _, i := range order {
			group.Go(func() error {
				learner := r.s.Learner(r.all[i].ID)
				for _, f := range byPerson[i] {
					if receipt, err := school.Record(ctx, learner, f); err != nil || receipt.State == courses.Refused {
						return errors.Join(err, fmt.Errorf("fact %s of %s: %s %s", f.ID, f.Course, receipt.State, receipt.Reason))
					}
				}
				return nil
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		done += len(day)
		r.bar.show("learning", done, total)
	}
	return nil
}

// evening is eight o'clock in the evening in Vietnam, this many days from today.
func (r *region) evening(days int) time.Time {
	y, m, d := r.now.In(courses.Vietnam).AddDate(0, 0, days).Date()
	return time.Date(y, m, d, 20, 0, 0, 0, courses.Vietnam)
}

// year is how many days of learning a demo has, up to yesterday.
const year = 365

// deeds decides who does what on which day. Person 0 does nothing.
func (r *region) deeds(ctx context.Context) ([][]deed, error) {
	catalogue, err := r.s.School().Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	days := make([][]deed, year)
	zeal := map[string]int{} // by programme province, percent added: no two provinces are alike
	for _, p := range r.s.Places().Provinces(roster.Programme) {
		zeal[p.Code] = r.rand.IntN(36) - 14
	}
	for i := 1; i < len(r.all); i++ {
		day := int(float64(year) * (1 - r.rand.Float64()*r.rand.Float64())) // more towards the end of the year
		day = min(max(day-r.rand.IntN(150), 0), year-1)
		for _, v := range both(r.rand, catalogue) {
			chance := r.rand.IntN(100) - zeal[r.all[i].Programme]
			if chance >= 72 { // never began
				continue
			}
			lessons := v.Lessons()
			if chance >= 58 { // began and stopped
				lessons = lessons[:1+r.rand.IntN(len(lessons)-1)]
			}
			for _, l := range lessons {
				if day += r.rand.IntN(4); day >= year {
					break
				}
				days[day] = append(days[day], r.study(i, v.Course, l, r.evening(day-year))...)
			}
			day += 7
		}
	}
	return days, nil
}

// both chooses a course of each strand.
func both(r *rand.Rand, catalogue []*courses.Version) []*courses.Version {
	var chosen []*courses.Version
	for _, strand := range []courses.Strand{courses.LibraryService, courses.ReadingPromotion} {
		of := slices.DeleteFunc(slices.Clone(catalogue), func(v *courses.Version) bool { return v.Strand != strand })
		if len(of) > 0 {
			chosen = append(chosen, pick(r, of))
		}
	}
	r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen
}

// study is one lesson of one person: the text, perhaps a first try that fails, and one that passes.
func (r *region) study(person int, course string, l courses.Lesson, evening time.Time) []deed {
	at := evening.Add(-time.Duration(60+r.rand.IntN(600)) * time.Minute)
	fact := func(kind string, minutes int) courses.Fact {
		return courses.Fact{ID: r.uuid(at), Kind: kind, Course: course, Lesson: l.ID, At: at.Add(time.Duration(minutes) * time.Minute)}
	}
	deeds := []deed{{person, fact("completion", 0)}}
	if len(l.Quiz.Questions) == 0 {
		return deeds
	}
	asked := l.Quiz.Drawn(courses.EnrolmentID(r.all[person].ID, course, 1), l.ID, 0)
	if r.rand.IntN(5) == 0 {
		f := fact("attempt", 8)
		f.Answers = r.answers(asked, 70)
		deeds = append(deeds, deed{person, f})
		asked = l.Quiz.Drawn(courses.EnrolmentID(r.all[person].ID, course, 1), l.ID, 1)
	}
	f := fact("attempt", 15)
	f.Answers = r.answers(asked, r.rand.IntN(15))
	last := deed{person, f}
	if score := grade(asked, f.Answers); score < 80 { // sure to pass whatever the course asks
		last.fact.Answers = r.answers(asked, 0)
	}
	return append(deeds, last)
}

func grade(q courses.Quiz, raw map[string]json.RawMessage) int {
	answers := map[string]courses.Answer{}
	for i := range q.Questions {
		if a, err := q.Questions[i].Parse(raw[q.Questions[i].ID]); err == nil {
			answers[q.Questions[i].ID] = a
		}
	}
	score, _ := q.Grade(answers)
	return score
}

// uuid makes a UUIDv7 of a moment from the seed.
func (r *region) uuid(at time.Time) string { return uuidOf(r.rand, at) }

func uuidOf(chance *rand.Rand, at time.Time) string {
	var id uuid.UUID
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	a, b := chance.Uint64(), chance.Uint64()
	for i := range 8 {
		id[8+i] = byte(a >> (8 * i))
	}
	id[6], id[7] = 0x70|byte(b)&0x0f, byte(b>>8)
	id[8] = 0x80 | id[8]&0x3f
	return id.String()
}

// answers fills in a quiz, wrong with this chance in percent.
func (r *region) answers(q courses.Quiz, wrong int) map[string]json.RawMessage {
	answers := map[string]json.RawMessage{}
	for _, question := range q.Questions {
		miss := r.rand.IntN(100) < wrong
		var v any
		switch question.Kind {
		case courses.SingleChoice, courses.TrueFalse, courses.MultipleChoice:
			var ids []string
			for _, o := range question.Options {
				if o.Weight > 0 != miss {
					ids = append(ids, o.ID)
				}
			}
			v = ids
			if question.Kind == courses.TrueFalse {
				v = ids[0] == "true"
			} else if question.Kind == courses.SingleChoice {
				v = pick(r.rand, ids)
			}
		case courses.ShortAnswer:
			v = question.Accepted[0].Text
			if miss {
				v = "không rõ"
			}
		case courses.Numerical:
			v = question.Ranges[0].Min
			if miss {
				v = question.Ranges[0].Max + 1000
			}
		case courses.Matching:
			pairs := map[string]string{}
			for i, p := range question.Pairs {
				if miss {
					p.Right = question.Pairs[(i+1)%len(question.Pairs)].Right
				}
				if p.Left != "" {
					pairs[p.Left] = p.Right
				}
			}
			v = pairs
		default:
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // strings, numbers and maps of them
		}
		answers[question.ID] = text
	}
	return answers
}

// stand makes everybody's standing.
func (r *region) stand(ctx context.Context) error {
	return r.each(ctx, "standing", len(r.all), func(ctx context.Context, i int) error { return r.s.Board().Restate(ctx, r.all[i].ID) })
}

// open makes the accounts: those printed, and staff and a trainer for every other province. The administrator comes last: see demoFilled. Before that come the practice tasks, which the trainers review.
func (r *region) open(ctx context.Context) error {
	n := 0
	provinces := r.s.Places().Provinces(roster.Present)
	account := func(id, name, login, province string, role roster.Role) error {
		created, slip, err := r.s.Accounts().Create(ctx, roster.Operator(), id, name, []roster.Role{role}, province)
		if err != nil {
			return err
		}
		if role == roster.Trainer {
			r.trainers[province] = created.ID
		}
		_, err = r.s.Accounts().Use(ctx, slip.Code, demoPassword, login, true, "")
		n++
		r.bar.show("accounts", n, len(demoAccounts)+2*len(provinces)-2)
		return err
	}
	for _, p := range provinces {
		if p.Code == "08" {
			continue
		}
		for _, role := range []roster.Role{roster.Staff, roster.Trainer} {
			if err := account("", name(r.rand, "19"), fmt.Sprintf("%s-%s", role, p.Code), p.Code, role); err != nil {
				return err
			}
		}
	}
	for i, a := range demoAccounts {
		id := ""
		if i == 0 {
			id = r.all[0].ID
		}
		province := a.province
		if a.role == roster.Learner {
			province = ""
		}
		if a.role == roster.Admin {
			if err := r.practise(ctx); err != nil {
				return err
			}
		}
		if err := account(id, a.name, a.login, province, a.role); err != nil {
			return err
		}
	}
	return nil
}

// workers is how many writes are under way at once: the store commits those that wait together.
const workers = 64

// each calls f for 0 to n-1, many at once, and shows how far it is.
func (r *region) each(ctx context.Context, what string, n int, f func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	var done atomic.Int64
	for i := range n {
		group.Go(func() error {
			if err := f(ctx, i); err != nil {
				return err
			}
			r.bar.show(what, int(done.Add(1)), n)
			return nil
		})
	}
	return group.Wait()
}
