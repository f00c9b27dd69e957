// Package demo fills a store with a believable region.
package demo

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

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// Password opens every account of a demo; it is printed at each start, and a demo listens on this machine alone
// unless told otherwise.
const Password = "lop-ban-1687"

// Accounts has one account a role, and a second of the staff, who may agree to what the first asks about the register.
// The learner has begun nothing; the staff belong to Tuyên Quang (08).
var Accounts = []struct {
	Role     roster.Role
	Login    string
	name     string
	province string
}{
	{roster.Learner, "hocvien", "Vàng Thị Mỷ", "08"},
	{roster.Trainer, "giangvien", "Nông Thị Duyên", "08"},
	{roster.Staff, "canbo", "Hoàng Văn Kiên", "08"},
	{roster.Staff, "canbo2", "Lý Thị Hạnh", "08"},
	{roster.Office, "vanphong", "Trần Thu Hà", ""},
	{roster.Admin, "quantri", "Phạm Minh Sơn", ""},
}

// Filled says whether a demo filled this store. The last thing that a fill makes is the administrator.
func Filled(ctx context.Context, s *programme.Programme) (bool, error) {
	last := Accounts[len(Accounts)-1]
	_, err := store.Get[roster.Login](ctx, s.Roll.Store, roster.LoginKind, last.Login)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, problem.ErrNotFound) {
		return false, err
	}
	people, err := s.Roll.Store.Count(ctx, roster.PersonKind, store.Query{})
	if err != nil {
		return false, err
	}
	if people[0].N > 0 {
		return false, errors.New("the store holds people already, or a demo that was interrupted; demo fills an empty store: name another folder with --data")
	}
	return false, nil
}

// Region is a fill under way. What is random comes from the seed, in one goroutine.
type Region struct {
	s    *programme.Programme
	Rand *rand.Rand
	seed uint64
	now  time.Time
	bar  *console.Bar
	all  []roster.Person

	since []time.Time // of the same people: when they began at their post

	trainers map[string]string // account, by province
	staff    []string          // accounts of Tuyên Quang
}

// Enough says whether so many people are one at least for each commune of the programme.
func Enough(s *programme.Programme, people int) error {
	communes := 0
	for _, p := range s.Places.Provinces(roster.Programme) {
		communes += len(s.Places.Communes(roster.Programme, p.Code))
	}
	if people < communes {
		return fmt.Errorf("--people must be at least %d, one for each commune of the programme", communes)
	}
	return nil
}

// Fill makes the region of an empty store, in which the courses are published and the people are [Enough].
func Fill(ctx context.Context, term *console.Terminal, s *programme.Programme, people int, seed uint64) error {
	r := &Region{s: s, Rand: rand.New(rand.NewPCG(seed, 30122024)), seed: seed, now: console.Clock(), bar: &console.Bar{Out: term.Err}, trainers: map[string]string{}}
	for _, step := range r.steps(people) {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// steps are what a fill does, in order.
func (r *Region) steps(people int) []func(context.Context) error {
	hire := func(ctx context.Context) error { return r.hire(ctx, people) }
	return []func(context.Context) error{hire, r.issuers, r.open, r.former, r.learn, r.correct, r.elsewhere, r.stand, r.practise, r.shelves, r.close}
}

// LibraryNames begins the name of a library by its kind; the commune's name follows.
var LibraryNames = map[string]string{roster.CommuneLibrary: "Thư viện ", roster.LearningCentre: "Trung tâm học tập cộng đồng ", roster.CultureCentre: "Trung tâm văn hóa - thể thao ",
	roster.PostOfficePoint: "Điểm bưu điện - văn hóa ", roster.LegalBookcase: "Tủ sách pháp luật "}

var Posts = []string{"Công chức văn hóa - xã hội", "Người làm công tác thư viện", "Nhân viên điểm bưu điện - văn hóa", "Cán bộ trung tâm học tập cộng đồng", "Cộng tác viên thư viện"}

// hire puts people on the roster: one in every commune, and the rest by chance.
func (r *Region) hire(ctx context.Context, n int) error {
	var communes []roster.Commune
	for _, p := range r.s.Places.Provinces(roster.Programme) {
		communes = append(communes, r.s.Places.Communes(roster.Programme, p.Code)...)
	}
	entries := make([]roster.Entry, n)
	for i := range entries {
		at := communes[i%len(communes)]
		if i >= 2*len(communes) {
			at = Pick(r.Rand, communes)
		}
		kind := Pick(r.Rand, []string{roster.CommuneLibrary, roster.CommuneLibrary, roster.LearningCentre, roster.CultureCentre, roster.PostOfficePoint, roster.PostOfficePoint, roster.LegalBookcase})
		entries[i] = roster.Entry{Name: Name(r.Rand, at.Programme), Phone: fmt.Sprintf("09%08d", 10_000_000+i*37), Post: Pick(r.Rand, Posts), Kind: kind,
			Library: LibraryNames[kind] + at.Title(), Commune: at.Code, On: roster.Day(r.now).AddDate(-1-r.Rand.IntN(9), -r.Rand.IntN(12), -r.Rand.IntN(28))}
		if i == 0 {
			entries[i].Name = Accounts[0].name
			entries[i].Commune = "00715" // xã Lũng Cú, Tuyên Quang
			entries[i].Library = LibraryNames[kind] + "xã Lũng Cú"
		}
	}
	r.all, r.since = make([]roster.Person, n), make([]time.Time, n)
	for i, e := range entries {
		r.since[i] = e.On
	}
	return r.each(ctx, "roster", n, func(ctx context.Context, i int) (err error) {
		r.all[i], err = r.s.Roll.Add(ctx, entries[i], "operator")
		return err
	})
}

// issuers gives every province a signer.
func (r *Region) issuers(ctx context.Context) error {
	for _, p := range r.s.Places.Provinces(roster.Present) {
		issuer := school.UsualIssuer(p.Code, p.Name)
		issuer.Signer = Name(r.Rand, "19")
		if err := store.Save(ctx, r.s.Roll.Store, school.IssuerKind, p.Code, issuer); err != nil {
			return err
		}
	}
	return nil
}

// deed is something that a learner did, or, with said, what a trainer said of it.
type deed struct {
	person int
	fact   courses.Fact
	said   *school.Judgement
}

// learn lets people take courses through the last year, day by day, in the way of every fact. Phones reach the server
// in the evening.
func (r *Region) learn(ctx context.Context) error {
	days, err := r.deeds(ctx)
	if err != nil {
		return err
	}
	total := 0
	for _, day := range days {
		total += len(day)
	}
	var clock atomic.Pointer[time.Time]
	rules := &school.School{Store: r.s.Roll.Store, Now: func() time.Time { return *clock.Load() }, Random: crand.Reader, BaseURL: r.s.BaseURL}
	done := 0
	for d, day := range days {
		evening := r.evening(d - len(days))
		clock.Store(&evening)
		if err := r.decide(ctx, rules, d-len(days)); err != nil {
			return err
		}
		byPerson := map[int][]deed{}
		var order []int
		for _, deed := range day {
			if byPerson[deed.person] == nil {
				order = append(order, deed.person)
			}
			byPerson[deed.person] = append(byPerson[deed.person], deed)
		}
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(workers)
		for _, i := range order {
			group.Go(func() error {
				learner := r.s.Learner(r.all[i].ID)
				for _, d := range byPerson[i] {
					f := d.fact
					if d.said != nil {
						p := r.all[i]
						if _, _, err := rules.Review(ctx, learner, p.ID+"/"+f.ID, r.trainers[p.Province], *d.said); err != nil {
							return fmt.Errorf("review of %s of %s: %w", f.ID, p.ID, err)
						}
						continue
					}
					if receipt, err := rules.Record(ctx, learner, f); err != nil || receipt.State == courses.Refused {
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
		r.bar.Show("learning", done, total)
	}
	return nil
}

// evening is eight o'clock in the evening in Vietnam, this many days from today.
func (r *Region) evening(days int) time.Time {
	y, m, d := r.now.In(courses.Vietnam).AddDate(0, 0, days).Date()
	return time.Date(y, m, d, 20, 0, 0, 0, courses.Vietnam)
}

// year is how many days of learning a demo has, up to yesterday.
const year = 365

// deeds decides who does what on which day. Person 0 does nothing.
func (r *Region) deeds(ctx context.Context) ([][]deed, error) {
	catalogue, err := r.s.School.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	days := make([][]deed, year)
	zeal := map[string]int{} // by programme province, percent added: no two provinces are alike
	for _, p := range r.s.Places.Provinces(roster.Programme) {
		zeal[p.Code] = r.Rand.IntN(36) - 14
	}
	for i := 1; i < len(r.all); i++ {
		day := int(float64(year) * (1 - r.Rand.Float64()*r.Rand.Float64())) // more towards the end of the year
		day = min(max(day-r.Rand.IntN(150), 0), year-1)
		for _, v := range both(r.Rand, catalogue) {
			chance := r.Rand.IntN(100) - zeal[r.all[i].Programme]
			if chance >= 72 { // never began
				continue
			}
			lessons := v.Lessons()
			if chance >= 58 { // began and stopped
				lessons = lessons[:1+r.Rand.IntN(len(lessons)-1)]
			}
			for _, l := range lessons {
				if day += r.Rand.IntN(4); day >= year {
					break
				}
				days[day] = append(days[day], r.study(i, v.Course, l, r.evening(day-year))...)
			}
			if v.Practice != nil && v.Practice.Required && chance < 58 {
				day = r.required(days, day, i, v)
			}
			day += 7
		}
	}
	return days, nil
}

// required hands in the practice task that a certificate waits for, and lets a trainer pass it some days later. It
// gives the day of the last of these; work of the last days still waits.
func (r *Region) required(days [][]deed, day, person int, v *courses.Version) int {
	if day += 1 + r.Rand.IntN(5); day >= year {
		return day
	}
	at := r.evening(day - year)
	f := courses.Fact{ID: r.uuid(at), Kind: "submission", Course: v.Course, At: at, Text: practiceText(r.Rand, v.Course, r.all[person].Library)}
	days[day] = append(days[day], deed{person: person, fact: f})
	if day += 1 + r.Rand.IntN(6); day >= year {
		return day
	}
	said := &school.Judgement{ID: r.uuid(r.evening(day - year)), Comment: Pick(r.Rand, practiceGood)}
	for _, c := range v.Practice.Rubric {
		said.Findings = append(said.Findings, courses.Finding{Criterion: c.ID, Points: c.Points})
	}
	days[day] = append(days[day], deed{person: person, fact: f, said: said})
	return day
}

// both chooses a course of each strand.
func both(r *rand.Rand, catalogue []*courses.Version) []*courses.Version {
	var chosen []*courses.Version
	for _, strand := range []courses.Strand{courses.LibraryService, courses.ReadingPromotion} {
		of := slices.DeleteFunc(slices.Clone(catalogue), func(v *courses.Version) bool { return v.Strand != strand })
		if len(of) > 0 {
			chosen = append(chosen, Pick(r, of))
		}
	}
	r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	return chosen
}

// study is one lesson of one person: the text, perhaps a first try that fails, and one that passes.
func (r *Region) study(person int, course string, l courses.Lesson, evening time.Time) []deed {
	at := evening.Add(-time.Duration(60+r.Rand.IntN(600)) * time.Minute)
	fact := func(kind string, minutes int) courses.Fact {
		return courses.Fact{ID: r.uuid(at), Kind: kind, Course: course, Lesson: l.ID, At: at.Add(time.Duration(minutes) * time.Minute)}
	}
	deeds := []deed{{person: person, fact: fact("completion", 0)}}
	if len(l.Quiz.Questions) == 0 {
		return deeds
	}
	asked := l.Quiz.Drawn(courses.EnrolmentID(r.all[person].ID, course, 1), l.ID, 0)
	if r.Rand.IntN(5) == 0 {
		f := fact("attempt", 8)
		f.Answers = r.Answers(asked, 70)
		deeds = append(deeds, deed{person: person, fact: f})
		asked = l.Quiz.Drawn(courses.EnrolmentID(r.all[person].ID, course, 1), l.ID, 1)
	}
	f := fact("attempt", 15)
	f.Answers = r.Answers(asked, r.Rand.IntN(15))
	last := deed{person: person, fact: f}
	if score := grade(asked, f.Answers); score < 80 { // sure to pass whatever the course asks
		last.fact.Answers = r.Answers(asked, 0)
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
func (r *Region) uuid(at time.Time) string { return uuidOf(r.Rand, at) }

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

// Answers fills in a quiz, wrong with this chance in percent.
func (r *Region) Answers(q courses.Quiz, wrong int) map[string]json.RawMessage {
	answers := map[string]json.RawMessage{}
	for _, question := range q.Questions {
		miss := r.Rand.IntN(100) < wrong
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
				v = Pick(r.Rand, ids)
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
func (r *Region) stand(ctx context.Context) error {
	return r.each(ctx, "standing", len(r.all), func(ctx context.Context, i int) error { return r.s.Board.RefreshStanding(ctx, r.all[i].ID) })
}

// open makes the accounts: those printed, and staff and a trainer for every other province, but for the administrator.
func (r *Region) open(ctx context.Context) error {
	n := 0
	provinces := r.s.Places.Provinces(roster.Present)
	account := func(id, name, login, province string, role roster.Role) error {
		err := r.account(ctx, id, name, login, province, role)
		n++
		r.bar.Show("accounts", n, len(Accounts)+2*len(provinces)-3)
		return err
	}
	for _, p := range provinces {
		if p.Code == Accounts[0].province {
			continue
		}
		for _, role := range []roster.Role{roster.Staff, roster.Trainer} {
			if err := account("", Name(r.Rand, "19"), loginOf(role, p.Code), p.Code, role); err != nil {
				return err
			}
		}
	}
	for i, a := range Accounts {
		if a.Role == roster.Admin {
			continue
		}
		id := ""
		if i == 0 {
			id = r.all[0].ID
		}
		province := a.province
		if a.Role == roster.Learner {
			province = ""
		}
		if err := account(id, a.name, a.Login, province, a.Role); err != nil {
			return err
		}
	}
	return nil
}

// workers is how many writes are under way at once: the store commits those that wait together.
const workers = 64

// each calls f for 0 to n-1, many at once, and shows how far it is.
func (r *Region) each(ctx context.Context, what string, n int, f func(ctx context.Context, i int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	var done atomic.Int64
	for i := range n {
		group.Go(func() error {
			if err := f(ctx, i); err != nil {
				return err
			}
			r.bar.Show(what, int(done.Add(1)), n)
			return nil
		})
	}
	return group.Wait()
}

// close makes the administrator: the last thing that a fill makes, see Filled.
func (r *Region) close(ctx context.Context) error {
	for _, a := range Accounts {
		if a.Role == roster.Admin {
			return r.account(ctx, "", a.name, a.Login, a.province, a.Role)
		}
	}
	return nil
}

func (r *Region) account(ctx context.Context, id, name, login, province string, role roster.Role) error {
	created, slip, err := r.s.Accounts.Create(ctx, roster.Operator(), id, name, []roster.Role{role}, province)
	if err != nil {
		return err
	}
	switch {
	case role == roster.Trainer:
		r.trainers[province] = created.ID
	case role == roster.Staff && province == Accounts[1].province:
		r.staff = append(r.staff, created.ID)
	}
	_, err = r.s.Accounts.Use(ctx, slip.Code, Password, login, true, "")
	return err
}
