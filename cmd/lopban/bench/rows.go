package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/google/uuid"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/problem"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
	"lopban/courses/workbook"
)

// ask writes the request for a session.
func (m *member) ask() []byte {
	body, _ := json.Marshal(map[string]string{"login": m.login, "password": benchPassword}) // strings
	return httpPost("/api/v1/session", "", body)
}

// enter keeps the tokens of a session.
func (m *member) enter(a answer) error {
	var got struct{ Access, Refresh string }
	if err := json.Unmarshal(a.Body, &got); err != nil {
		return err
	}
	m.cookie = "Cookie: lopban-access=" + got.Access + "; lopban-refresh=" + got.Refresh + "\r\n"
	m.bearer = "Authorization: Bearer " + got.Access + "\r\n"
	return nil
}

// learners are n people who are half through their first course, from the nth of those who measure on. These are spread
// over all communes.
func (b *bench) learners(from, n int) []*member {
	apart := max(1, len(b.ids)/everyFifth/(2*b.Pace.Learners)) * everyFifth // as many again are needed for the limits
	var all []*member
	for i := underWay + from*apart; i < len(b.ids) && len(all) < n; i += apart {
		all = append(all, &member{id: b.ids[i], login: Phone(i)})
	}
	return all
}

// signIn signs everybody in who measures later. That is also the measurement of signing in: the limit is the comparison
// of a password by itself.
func (b *bench) signIn(ctx context.Context) error {
	b.all = b.learners(0, b.Pace.Learners)
	if err := b.begin(ctx, b.all); err != nil {
		return err
	}
	lines, err := dialAll(b.addr, b.Pace.Crowd)
	if err != nil {
		return err
	}
	defer hangUp(lines)
	a, err := lines[0].Want(200, b.office.ask())
	if err == nil {
		err = b.office.enter(a)
	}
	if err != nil {
		return err
	}
	account, err := store.Get[roster.Account](ctx, b.st, roster.AccountKind, b.office.id)
	if err != nil {
		return err
	}
	alone := func(int) error {
		_, err := argon2id.ComparePasswordAndHash(benchPassword, account.Hash)
		return err
	}
	if !b.wants("sign-in") {
		return b.signInAll(lines)
	}
	next := 0
	one := func(int) error { next++; return b.signInOne(lines[0], b.all[next%len(b.all)]) }
	p, err := paired(b.Pace.Rounds, 1, b.Pace.Round, one, alone)
	if err != nil {
		return err
	}
	b.addPair("sign-in (limit: Argon2id alone)", 1, p, Goal{Ratio: 0.9})
	return b.signInAll(lines)
}

// signInOne signs somebody in, again while the server says that too many wait.
func (b *bench) signInOne(l *connection, m *member) error {
	for {
		a, err := l.ask(m.ask())
		switch {
		case err != nil:
			return err
		case a.status == 200:
			return m.enter(a)
		case a.status != 503:
			return fmt.Errorf("status %d to a sign-in: %.500q", a.status, a.Body)
		}
	}
}

// signInAll signs in who has not yet.
func (b *bench) signInAll(lines []*connection) error {
	var left []*member
	for _, m := range b.all {
		if m.bearer == "" {
			left = append(left, m)
		}
	}
	if len(left) == 0 {
		return nil
	}
	var next atomic.Int64
	s, err := strained(len(lines), time.Hour, func(client int) error {
		i := int(next.Add(1)) - 1
		if i >= len(left) {
			return errUsedUp
		}
		return b.signInOne(lines[client], left[i])
	})
	if err != nil {
		return err
	}
	b.addTimes(Row{Work: "sign-in, all at once", Clients: len(lines), PerSecond: s.perSecond()}, s.times, Goal{})
	return nil
}

// begin enrols learners in the courses that they have not begun, so that each completion after it is one document.
func (b *bench) begin(ctx context.Context, learners []*member) error {
	catalogue, err := b.s.School.Catalogue(ctx)
	if err != nil {
		return err
	}
	now := console.Clock()
	var docs []any
	for _, m := range learners {
		for _, v := range catalogue {
			e := enrolment(m.id, v, now)
			docs = append(docs, &e)
		}
	}
	if err := b.st.Insert(ctx, school.EnrolmentKind, docs...); err != nil && !errors.Is(err, problem.ErrExists) {
		return err
	}
	return nil
}

// lessonPath is the lesson that is measured: the first of the course that everybody has begun.
func (b *bench) lessonPath(ctx context.Context) (string, error) {
	catalogue, err := b.s.School.Catalogue(ctx)
	if err != nil {
		return "", err
	}
	v := catalogue[0]
	return "/courses/" + v.Course + "/" + v.Lessons()[0].ID, nil
}

// lesson measures a lesson page beside a handler that sends the same bytes.
func (b *bench) lesson(ctx context.Context) error {
	path, err := b.lessonPath(ctx)
	if err != nil {
		return err
	}
	requests := make([][]byte, b.Pace.Crowd)
	for i := range requests {
		requests[i] = HTTPGet(path, b.all[i%len(b.all)].cookie)
	}
	ours, err := dialAll(b.addr, b.Pace.Crowd)
	defer hangUp(ours)
	if err != nil {
		return err
	}
	page, err := ours[0].Want(200, requests[0])
	if err != nil {
		return err
	}
	addr, stop, err := BareSite(map[string]string{"Content-Type": "text/html; charset=utf-8", "Content-Encoding": "br"}, bytes.Clone(page.Body))
	if err != nil {
		return err
	}
	defer stop()
	bare, err := dialAll(addr, b.Pace.Crowd)
	defer hangUp(bare)
	if err != nil {
		return err
	}
	ask := func(lines []*connection) func(int) error {
		return func(client int) error { _, err := lines[client].Want(200, requests[client]); return err }
	}
	for _, clients := range []int{1, b.Pace.Crowd} {
		p, err := paired(b.Pace.Rounds, clients, b.Pace.Round, ask(ours), ask(bare))
		if err != nil {
			return err
		}
		g := Goal{Ratio: 0.5}
		if clients == 1 {
			g = Goal{}
		}
		b.addPair(WorkLesson, clients, p, g)
	}
	return nil
}

// errand is a completion that somebody may send, once.
type errand struct {
	request []byte
	doc     courses.Completion
}

// errands are all lessons of all courses, each learner's by turns so that no two clients send for one person.
func (b *bench) errands(ctx context.Context, learners []*member) ([]errand, error) {
	catalogue, err := b.s.School.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	var all []errand
	now := console.Clock()
	for i := len(catalogue) - 1; i >= 0; i-- {
		v := catalogue[i]
		lessons := v.Lessons()
		if i == 0 { // half of it was done before
			lessons = lessons[len(lessons)/2:]
		}
		for _, l := range lessons {
			for _, m := range learners {
				f := courses.Fact{ID: uuid.NewString(), Kind: "completion", Course: v.Course, Lesson: l.ID, At: now, SentAt: now}
				body, err := json.Marshal(map[string]any{"facts": []courses.Fact{f}})
				if err != nil {
					return nil, err
				}
				all = append(all, errand{httpPost("/api/v1/facts", m.bearer, body), completion(enrolment(m.id, v, now), l.ID, f.ID, now)})
			}
		}
	}
	return all, nil
}

var received = []byte(`"state":"received"`)

// completion measures facts that are on disk when they are answered, beside the same documents put straight into the
// store.
func (b *bench) completion(ctx context.Context) error {
	sent, err := b.errands(ctx, b.all)
	if err != nil {
		return err
	}
	others := b.learners(len(b.all), len(b.all))
	if err := b.begin(ctx, others); err != nil {
		return err
	}
	put, err := b.errands(ctx, others)
	if err != nil {
		return err
	}
	lines, err := dialAll(b.addr, b.Pace.Crowd)
	defer hangUp(lines)
	if err != nil {
		return err
	}
	var next, bare atomic.Int64
	ours := func(client int) error {
		i := int(next.Add(1)) - 1
		if i >= len(sent) {
			return errUsedUp
		}
		a, err := lines[client].Want(200, sent[i].request)
		if err == nil && !bytes.Contains(a.Body, received) {
			err = fmt.Errorf("a fact was answered %s", a.Body)
		}
		return err
	}
	straight := func(int) error {
		i := int(bare.Add(1)) - 1
		doc := put[i%len(put)].doc
		// there is no end to cycles
		cycle := fmt.Sprintf("%s%02d", strings.TrimSuffix(doc.Enrolment, "01"), 1+i/len(put))
		doc.ID, doc.Enrolment, doc.Client = cycle+"/"+doc.Lesson, cycle, doc.Person+"/"+uuid.NewString()
		doc.RecordedAt = store.Time(console.Clock())
		return b.st.Insert(ctx, school.CompletionKind, &doc)
	}
	for _, clients := range []int{1, b.Pace.Crowd} {
		p, err := paired(b.Pace.Rounds, clients, b.Pace.Round, ours, straight)
		if err != nil {
			return err
		}
		g := Goal{Ratio: 0.5, P99: 50 * time.Millisecond}
		if clients == 1 {
			g = Goal{}
		}
		b.addPair(WorkCompletion, clients, p, g)
	}
	return nil
}

// Readers of the storm: so many, each of them this long over a page.
const (
	stormReaders = 8
	stormPause   = 20 * time.Millisecond
)

// storm measures the lesson page while as many as can be are signing in.
func (b *bench) storm(ctx context.Context) error {
	path, err := b.lessonPath(ctx)
	if err != nil {
		return err
	}
	readers, err := dialAll(b.addr, stormReaders)
	defer hangUp(readers)
	if err != nil {
		return err
	}
	lines, err := dialAll(b.addr, b.Pace.Crowd)
	defer hangUp(lines)
	if err != nil {
		return err
	}
	d := time.Duration(b.Pace.Rounds) * b.Pace.Round
	ended := make(chan error, 1)
	go func() {
		_, err := strained(len(lines), d, func(client int) error {
			a, err := lines[client].ask(b.all[client%len(b.all)].ask())
			if err == nil && a.status != 200 && a.status != 503 { // 503: too many wait
				err = fmt.Errorf("status %d to a sign-in", a.status)
			}
			return err
		})
		ended <- err
	}()
	var times [stormReaders][]time.Duration
	_, err = strained(stormReaders, d, func(client int) error {
		began := time.Now()
		_, err := readers[client].Want(200, HTTPGet(path, b.all[client%len(b.all)].cookie))
		times[client] = append(times[client], time.Since(began))
		time.Sleep(stormPause)
		return err
	})
	var all []time.Duration
	for _, t := range times {
		all = append(all, t...)
	}
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	b.addTimes(Row{Work: "lesson page in a sign-in storm", Clients: b.Pace.Crowd, PerSecond: float64(len(all)) / d.Seconds()}, all, Goal{P99: 100 * time.Millisecond})
	return nil
}

// board measures the board of the province with the most communes: as it is asked for over and over, and right after a
// certificate, which it must count.
func (b *bench) board(ctx context.Context) error {
	province, most := "", 0
	for _, p := range b.s.Places.Provinces(roster.Present) {
		if n := len(b.s.Places.Communes(roster.Present, p.Code)); n > most {
			province, most = p.Code, n
		}
	}
	request := HTTPGet("/api/v1/board?by=present&province="+province, b.office.bearer)
	promised := Goal{P99: 50 * time.Millisecond}
	if err := b.asked("board of a province", request, promised.alone); err != nil {
		return err
	}
	return b.boardAtOnce(ctx, province, request, promised)
}

// certificates is how many are issued to see that the board counts each.
const certificates = 20

// boardAtOnce trains people of the province one after the other, and asks for the board after each.
func (b *bench) boardAtOnce(ctx context.Context, province string, request []byte, promised Goal) error {
	f, err := NewFilling(ctx, b.s.Programme, b.st, "")
	if err != nil {
		return err
	}
	l, err := Dial(b.addr)
	if err != nil {
		return err
	}
	defer l.Conn.Close()
	request = unpacked(request)
	first, err := b.trainedOn(l, request)
	if err != nil {
		return err
	}
	people, err := store.All[roster.Person](ctx, b.st, roster.PersonKind, store.Where(store.Is("province", province), store.Is("active", true)).By("commune").First(everyFifth*certificates))
	if err != nil {
		return err
	}
	var times []time.Duration
	for _, p := range people {
		held, err := b.s.School.Certificates(ctx, p.ID)
		if err != nil {
			return err
		}
		if len(held) > 0 || len(times) == certificates {
			continue
		}
		if err := f.train(ctx, p, first+len(times)); err != nil {
			return err
		}
		began := time.Now()
		now, err := b.trainedOn(l, request)
		times = append(times, time.Since(began))
		if err != nil {
			return err
		}
		if now != first+len(times) {
			return fmt.Errorf("the board counts %d trained after %d certificates more than %d", now, len(times), first)
		}
	}
	if len(times) == 0 {
		return nil
	}
	b.addTimes(Row{Work: "board, right after a certificate", Clients: 1}, times, promised)
	return nil
}

// trainedOn asks for a board and reads from it how many are trained.
func (b *bench) trainedOn(l *connection, request []byte) (int, error) {
	a, err := l.Want(200, request)
	if err != nil {
		return 0, err
	}
	var figures struct{ Trained int }
	err = json.Unmarshal(a.Body, &figures)
	return figures.Trained, err
}

// asked measures one request, by one client and by many.
func (b *bench) asked(work string, request []byte, promised func(clients int) Goal) error {
	lines, err := dialAll(b.addr, b.Pace.Crowd)
	defer hangUp(lines)
	if err != nil {
		return err
	}
	first, err := lines[0].Want(200, request)
	if err != nil {
		return err
	}
	bytes := int64(len(first.Head) + len(first.Body))
	for _, clients := range []int{1, b.Pace.Crowd} {
		s, err := strained(clients, time.Duration(b.Pace.Rounds)*b.Pace.Round/2, func(client int) error { _, err := lines[client].Want(200, request); return err })
		if err != nil {
			return err
		}
		b.addTimes(Row{Work: work, Clients: clients, PerSecond: s.perSecond(), Bytes: bytes}, s.times, promised(clients))
	}
	return nil
}

// papersOfOne is how many PDF an account may ask for in a measurement: the server allows 120 at once.
const papersOfOne = 100

// pdf measures certificates whose paper was made before, each holder's own, as far as the server allows.
func (b *bench) pdf(ctx context.Context) error {
	lines, err := dialAll(b.addr, b.Pace.Crowd)
	defer hangUp(lines)
	if err != nil {
		return err
	}
	var requests [][]byte
	var first answer
	for i := trained; i < len(b.ids) && len(requests) < b.Pace.Crowd; i += everyFifth {
		holder := &member{id: b.ids[i], login: Phone(i)}
		if err := b.signInOne(lines[0], holder); err != nil {
			return err
		}
		held, err := b.s.School.Certificates(ctx, holder.id)
		if err != nil || len(held) == 0 {
			return errors.Join(err, errors.New("somebody trained holds no certificate"))
		}
		request := HTTPGet("/certificates/"+held[0].Code+".pdf", holder.cookie)
		if first, err = lines[0].Want(200, request); err != nil {
			return err
		}
		requests = append(requests, request)
	}
	bytes := int64(len(first.Head) + len(first.Body))
	for _, clients := range []int{1, b.Pace.Crowd} {
		var next atomic.Int64
		s, err := strained(clients, time.Duration(b.Pace.Rounds)*b.Pace.Round/2, func(client int) error {
			i := int(next.Add(1)) - 1
			if i >= len(requests)*(papersOfOne-1)/2 {
				return errUsedUp
			}
			_, err := lines[client].Want(200, requests[i%len(requests)])
			return err
		})
		if err != nil {
			return err
		}
		g := Goal{Median: 10 * time.Millisecond, Bytes: 80_000}
		b.addTimes(Row{Work: "certificate PDF, warm", Clients: clients, PerSecond: s.perSecond(), Bytes: bytes}, s.times, g.alone(clients))
	}
	return nil
}

var partOfPage = regexp.MustCompile(`(?:src|href)="(/(?:assets|media)/[^"]+)"`)

// wire weighs what comes over the network, heads of answers and all: the first visit, and the heaviest lesson after it.
func (b *bench) wire(ctx context.Context) error {
	l, err := Dial(b.addr)
	if err != nil {
		return err
	}
	defer l.Conn.Close()
	known := map[string]bool{}
	first, err := b.weigh(l, "/", "", known)
	if err != nil {
		return err
	}
	b.add(Row{Work: "first visit on the wire", Clients: 1, Bytes: first}, Goal{Bytes: 60_000})
	catalogue, err := b.s.School.Catalogue(ctx)
	if err != nil {
		return err
	}
	var heaviest int64
	for _, v := range catalogue {
		for _, lesson := range v.Lessons() {
			n, err := b.weigh(l, "/courses/"+v.Course+"/"+lesson.ID, b.all[0].cookie, known)
			if err != nil {
				return err
			}
			heaviest = max(heaviest, n)
		}
	}
	b.add(Row{Work: "heaviest lesson on the wire", Clients: 1, Bytes: heaviest}, Goal{Bytes: 15_000})
	return nil
}

// weigh counts the bytes of a page and of its parts that are not known yet.
func (b *bench) weigh(l *connection, path, headers string, known map[string]bool) (int64, error) {
	page, err := l.Want(200, HTTPGet(path, headers))
	if err != nil {
		return 0, err
	}
	sum := int64(len(page.Head) + len(page.Body))
	plain, err := l.Want(200, unpacked(HTTPGet(path, headers)))
	if err != nil {
		return 0, err
	}
	for _, part := range partOfPage.FindAllSubmatch(bytes.Clone(plain.Body), -1) {
		address := string(part[1])
		if known[address] {
			continue
		}
		known[address] = true
		a, err := l.Want(200, HTTPGet(address, headers))
		if err != nil {
			return 0, err
		}
		sum += int64(len(a.Head) + len(a.Body))
	}
	return sum, nil
}

// roster measures the import of a spreadsheet of new people, from its bytes to the board.
func (b *bench) roster(ctx context.Context) error {
	const province = "08"
	communes := b.s.Places.Communes(roster.Present, province)
	var file bytes.Buffer
	file.WriteString("Họ và tên,Số điện thoại,Chức vụ,Đơn vị công tác,Mã xã,Ngày bắt đầu\n")
	for i := range b.Pace.ImportRows {
		c := communes[i%len(communes)]
		fmt.Fprintf(&file, "Lý Thị Đo %c%c%c,03%08d,Thủ thư,Thư viện %s,%s,01/02/2020\n", 'A'+i%26, 'a'+i/26%26, 'a'+i/676%26, i, c.Title(), c.Code)
	}
	began := time.Now()
	book, err := b.s.Lexicon.Read(&file, "roster.csv", workbook.DefaultLimits)
	if err != nil {
		return err
	}
	im, _, err := b.s.Look(ctx, province, book, intake.Choices{}, workbook.DefaultLimits)
	if err != nil {
		return err
	}
	done, err := b.s.Import(ctx, im, roster.Operator().ID, nil)
	if err != nil {
		return err
	}
	took := time.Since(began)
	if done.Added != b.Pace.ImportRows {
		return fmt.Errorf("%d people were added, want %d: %+v", done.Added, b.Pace.ImportRows, done)
	}
	b.addTimes(Row{Work: fmt.Sprintf("roster import, %d rows", b.Pace.ImportRows), Clients: 1, PerSecond: float64(b.Pace.ImportRows) / took.Seconds()}, []time.Duration{took}, Goal{Median: 10 * time.Second})
	return nil
}

// exportRounds is fewer than rounds: a large export takes seconds.
const exportRounds = 2

// export measures a spreadsheet of certificates from a store that holds nothing else, beside the same cells written by
// the library alone.
func (b *bench) export(ctx context.Context) (err error) {
	b.ids = nil // of a million people they would be taken for the export's
	at, drop, err := b.temporary(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	st, err := at.OpenAny(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }() // before drop
	s, err := console.NewProgramme(ctx, st, b.s.BaseURL, io.Discard)
	if err != nil {
		return err
	}
	words := programme.FileWords("vi", b.s.Words("vi"))
	f, err := NewFilling(ctx, b.s.Programme, st, "")
	if err != nil {
		return err
	}
	row, err := f.Register(ctx, b.Pace.ExportRows, words)
	if err != nil {
		return err
	}
	var above int64
	ours := func(int) error {
		idle := settledMemory()
		peak, err := memoryDuring(func() error {
			r, err := s.Report(ctx, programme.Request{Report: "completions", Scope: targets.Scope{By: roster.Present}})
			if err != nil {
				return err
			}
			return errors.Join(r.Write(ctx, io.Discard, targets.XLSX, words), r.Close())
		})
		above = max(above, peak-idle)
		return err
	}
	bare := func(int) error { return BareSheet(io.Discard, b.Pace.ExportRows, row) }
	p, err := paired(exportRounds, 1, 1, ours, bare)
	if err != nil {
		return err
	}
	b.addPair(fmt.Sprintf("XLSX export, %d rows (limit: excelize)", b.Pace.ExportRows), 1, p, Goal{Ratio: 0.5})
	if above > 0 {
		b.add(Row{Work: "XLSX export, memory above idle", Clients: 1, Bytes: above}, Goal{Bytes: 64 << 20})
	}
	return nil
}

// settledMemory gives back what the process does not need and says what it has left.
func settledMemory() int64 {
	debug.FreeOSMemory()
	return ResidentMemory("self")
}

// memoryDuring is the most memory that the process had while f ran, 0 where the system does not say.
func memoryDuring(f func() error) (peak int64, err error) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			peak = max(peak, ResidentMemory("self"))
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	}()
	err = f()
	close(stop)
	<-ended
	return peak, err
}
