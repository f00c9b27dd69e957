package demo

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"lopban/courses"
	"lopban/courses/authoring"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
)

// What can become of a certificate is shown in the register of Tuyên Quang, whose staff's sign-in is printed: one that
// expired, one that was issued again, one that was withdrawn and one for which that is asked, a batch under a decision,
// and training elsewhere, accepted and not yet. Its chances are its own: the rest of the region is the same with it and
// without.

// formerFiles are a course that was offered years ago, to be taken again every two years.
var formerFiles = map[string]string{
	"course.yaml": `id: LS9
strand: library-service
title: {vi: "Nội quy và sổ sách của thư viện cơ sở", en: "Rules and books of grassroots libraries"}
summary: {vi: "Nội quy phòng đọc và sổ sách theo mẫu của năm ấy.", en: "Reading room rules and the books, as that year had them."}
periods: 1
pass_mark: 60
validity_months: 24
modules:
  - id: noi-quy
    title: {vi: "Nội quy", en: "Rules"}
    lessons:
      - {id: phong-doc, title: {vi: "Nội quy phòng đọc", en: "Reading room rules"}, objective: {vi: "Lập được nội quy phòng đọc.", en: "Draw up reading room rules."}, minutes: 45}
`,
	"lessons/phong-doc.vi.md": "## Nội quy có gì\n\nGiờ mở cửa, ai được mượn, mượn mấy cuốn, bao lâu, làm mất thì đền thế nào.\n",
	"lessons/phong-doc.en.md": "## What rules say\n\nOpening hours, who may borrow, how many books, for how long, and what is paid for a lost one.\n",
}

// rulesAt are the school's rules on an evening, this many days from today.
func (r *Region) rulesAt(days int) *school.School {
	at := r.evening(days)
	return &school.School{Store: r.s.Roll.Store, Now: func() time.Time { return at }, Random: crand.Reader, BaseURL: r.s.BaseURL}
}

// formerDays is how long ago the former course was finished: its certificates ended a year ago.
const formerDays = 3*year + 10

// former lets some people of Tuyên Quang who were there already finish the former course, and ends it.
func (r *Region) former(ctx context.Context) error {
	files := map[string][]byte{}
	for name, text := range formerFiles {
		files[name] = []byte(text)
	}
	p, mistakes := authoring.LoadFiles(files)
	if mistakes.Errors() {
		return fmt.Errorf("the former course: %v", mistakes)
	}
	rules := r.rulesAt(-formerDays)
	v, _, err := rules.Publish(ctx, p.Version)
	if err != nil {
		return err
	}
	chance, n := rand.New(rand.NewPCG(r.seed, 12122022)), 0
	for i, p := range r.all {
		if i == 0 || p.Province != Accounts[1].province || r.since[i].After(r.evening(-formerDays)) || n == 12 {
			continue
		}
		n++
		f := courses.Fact{ID: uuidOf(chance, rules.Now()), Kind: "completion", Course: v.Course, Lesson: v.Lessons()[0].ID, At: rules.Now()}
		if receipt, err := rules.Record(ctx, r.s.Learner(p.ID), f); err != nil || receipt.State == courses.Refused {
			return errors.Join(err, fmt.Errorf("the former course of %s: %s %s", p.ID, receipt.State, receipt.Reason))
		}
	}
	return r.s.Desk.Retire(ctx, v.Course, "Đã có khóa LS1 đến LS4 thay thế.", roster.Operator().ID)
}

// The days from today between which certificates of Tuyên Quang waited for a decision.
const heldFrom, heldTo = -100, -70

// decide lets certificates wait for a decision from a day on, and gives them out under it on another.
func (r *Region) decide(ctx context.Context, rules *school.School, day int) error {
	if day != heldFrom && day != heldTo {
		return nil
	}
	province := Accounts[1].province
	if _, err := store.Update(ctx, r.s.Roll.Store, school.IssuerKind, province, func(i *courses.Issuer) error { i.Hold = day == heldFrom; return nil }); err != nil || day == heldFrom {
		return err
	}
	waits, err := rules.Waits(ctx, province)
	if err != nil || len(waits) == 0 { // a small region
		return err
	}
	var enrolments []string
	for _, d := range waits {
		enrolments = append(enrolments, d.ID)
	}
	y, m, d := rules.Now().In(courses.Vietnam).Date()
	b, err := rules.Decide(ctx, province, uuidOf(rand.New(rand.NewPCG(r.seed, 1)), rules.Now()), "125/QĐ-TVT", time.Date(y, m, d, 0, 0, 0, 0, time.UTC), enrolments, r.staff[0])
	if err != nil {
		return err
	}
	return rules.CarryOut(ctx, b, r.s.Learner, func(context.Context, courses.Certificate) error { return nil })
}

// correct has one certificate issued again, one withdrawn, and asks that another be. They are some weeks old.
func (r *Region) correct(ctx context.Context) error {
	province := Accounts[1].province
	q := store.Where(store.Is("province", province), store.AtLeast("issuedAt", r.evening(-60))).By("issuedAt")
	all, err := store.All[courses.Certificate](ctx, r.s.Roll.Store, school.CertificateKind, q)
	if err != nil || len(all) < 3 { // a small region
		return err
	}
	issuer, err := r.s.School.Issuer(ctx, province, "")
	if err != nil {
		return err
	}
	if _, err := r.rulesAt(-6).Reissue(ctx, all[0].Code, courses.Damaged, courses.Holder{}, r.staff[0], issuer); err != nil {
		return err
	}
	if _, err := r.rulesAt(-5).Ask(ctx, all[1].Code, false, courses.NotOwnWork, "Đồng nghiệp làm bài hộ, hai người đã xác nhận.", r.staff[0]); err != nil {
		return err
	}
	if _, err := r.rulesAt(-4).Agree(ctx, all[1].Code, r.staff[1], issuer); err != nil {
		return err
	}
	_, err = r.rulesAt(-1).Ask(ctx, all[2].Code, false, courses.WrongPerson, "", r.staff[0])
	return err
}

// elsewhere enters that two people of Tuyên Quang were trained elsewhere, of whom the first is accepted.
func (r *Region) elsewhere(ctx context.Context) error {
	chance, people := rand.New(rand.NewPCG(r.seed, 21112024)), slices.Clone(r.all[1:])
	people = slices.DeleteFunc(people, func(p roster.Person) bool { return p.Province != Accounts[1].province })
	for i, p := range people[:min(2, len(people))] {
		a, err := r.accountOf(ctx, 0)
		if err != nil {
			return err
		}
		one := courses.Training{Strand: courses.LibraryService, Title: "Tập huấn nghiệp vụ thư viện công cộng", Organiser: "Thư viện Quốc gia Việt Nam", Paper: fmt.Sprintf("%d/GCN-TVQG", 412+i),
			Periods: 16, On: roster.Day(r.now).AddDate(0, -5, -i)}
		t, err := r.s.EnterTraining(ctx, a, p.ID, one, [][]byte{drawing(chance)})
		if err != nil {
			return err
		}
		if i > 0 {
			continue
		}
		if a, err = r.accountOf(ctx, 1); err != nil {
			return err
		}
		if _, err := r.s.RuleTraining(ctx, a, t.ID, true, ""); err != nil {
			return err
		}
	}
	return nil
}

func (r *Region) accountOf(ctx context.Context, i int) (roster.Account, error) {
	return store.Get[roster.Account](ctx, r.s.Roll.Store, roster.AccountKind, r.staff[i])
}
