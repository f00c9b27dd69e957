package school_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/school"
	"lopban/courses/store"
)

// elsewhere is a training of a person, as staff of the province enter it.
func elsewhere(person, title string) courses.Training {
	return courses.Training{Person: person, Province: "08", Strand: courses.LibraryService, Title: title, Organiser: "Thư viện Quốc gia Việt Nam",
		On: time.Date(2024, 6, 14, 0, 0, 0, 0, time.UTC), By: "canbo", Holder: courses.Holder{Name: person, Province: "08", Programme: "02"}}
}

var scan = []courses.Picture{{Name: "paper-01.pdf", Data: []byte("%PDF-1.4")}}

func enter(t testing.TB, s *class, one courses.Training) courses.Training {
	t.Helper()
	kept, err := s.EnterTraining(t.Context(), one, scan)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

func TestATrainingElsewhereWaitsForASecondPerson(t *testing.T) {
	s := newSchool(t)
	one := enter(t, s, elsewhere("mai", " Nghiệp vụ  thư viện "))
	if one.Title != "Nghiệp vụ thư viện" || len(one.Evidence) != 1 {
		t.Errorf("it is kept as %+v", one)
	}
	if again := enter(t, s, elsewhere("mai", "nghiệp vụ thư viện")); again.ID != one.ID {
		t.Error("said twice, it is two")
	}
	for _, by := range []string{"canbo", "mai"} {
		if _, err := s.Accept(t.Context(), one.ID, by); problemOf(err) != "training-own" {
			t.Errorf("%s accepts it: %v", by, err)
		}
	}
	r, err := s.Accept(t.Context(), one.ID, "truongphong")
	if err != nil || r.Register != "08/2026/000001" || r.Shown() != "ĐTK 08/2026/000001" || r.Strand != courses.LibraryService || r.Programme != "02" {
		t.Fatalf("accepted: %+v, %v", r, err)
	}
	if again, err := s.Accept(t.Context(), one.ID, "truongphong"); err != nil || again != r {
		t.Errorf("accepted twice: %+v, %v", again, err)
	}
	if _, err := s.DeclineTraining(t.Context(), one.ID, "khac", "không rõ"); problemOf(err) != "training-ruled" {
		t.Errorf("declined after it was accepted: %v", err)
	}
	if err := s.WithdrawTraining(t.Context(), one.ID, "canbo", "  "); problemOf(err) != "training-reason" {
		t.Errorf("withdrawn without a reason: %v", err)
	}
	if err := s.WithdrawTraining(t.Context(), one.ID, "canbo", "nhập nhầm người"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Training(t.Context(), one.ID); err != nil || got.State() != school.TrainingWithdrawn || got.Revocation.Reason != "nhập nhầm người" {
		t.Errorf("withdrawn: %+v, %v", got, err)
	}
	if _, err := s.Accept(t.Context(), one.ID, "truongphong"); problemOf(err) != "training-withdrawn" {
		t.Errorf("accepted after it was withdrawn: %v", err)
	}
	// what was withdrawn or declined can be said anew, and is another one
	second := enter(t, s, elsewhere("mai", "Nghiệp vụ thư viện"))
	if second.ID == one.ID {
		t.Fatal("it cannot be entered again")
	}
	if _, err := s.DeclineTraining(t.Context(), second.ID, "canbo", "nhập lại sau"); err != nil {
		t.Errorf("who entered it takes it back: %v", err)
	}
	if third := enter(t, s, elsewhere("mai", "Nghiệp vụ thư viện")); third.ID == second.ID {
		t.Error("after it was declined it cannot be entered again")
	}
	all, err := s.Trainings(t.Context(), "08")
	if err != nil || len(all) != 3 {
		t.Errorf("the province has %d, %v", len(all), err)
	}
}

// What is entered again with other evidence, or with another word, is not taken for the same, and is not lost silently.
func TestATrainingEnteredOtherwiseIsNotTheSame(t *testing.T) {
	s := newSchool(t)
	one := enter(t, s, elsewhere("mai", "Nghiệp vụ thư viện"))
	better := []courses.Picture{{Name: "paper-02.pdf", Data: []byte("%PDF-1.5")}}
	otherwise := func(code string) {
		t.Helper()
		for name, change := range map[string]func(*courses.Training){
			"organiser": func(o *courses.Training) { o.Organiser = "Sở Văn hóa" },
			"paper":     func(o *courses.Training) { o.Paper = "12/CN" },
			"periods":   func(o *courses.Training) { o.Periods += 8 },
		} {
			other := elsewhere("mai", "Nghiệp vụ thư viện")
			change(&other)
			if _, err := s.EnterTraining(t.Context(), other, scan); problemOf(err) != code {
				t.Errorf("another %s: %v", name, err)
			}
		}
		for _, files := range [][]courses.Picture{better, append(better, scan...)} {
			if _, err := s.EnterTraining(t.Context(), elsewhere("mai", "Nghiệp vụ thư viện"), files); problemOf(err) != code {
				t.Errorf("%d other files: %v", len(files), err)
			}
		}
		if again := enter(t, s, elsewhere("mai", "Nghiệp vụ thư viện")); again.ID != one.ID {
			t.Error("said twice, it is two")
		}
	}
	otherwise("training-there-waits")
	if _, err := s.Accept(t.Context(), one.ID, "truongphong"); err != nil {
		t.Fatal(err)
	}
	otherwise("training-there")
	if err := s.WithdrawTraining(t.Context(), one.ID, "truongphong", "Giấy mờ."); err != nil {
		t.Fatal(err)
	}
	if again, err := s.EnterTraining(t.Context(), elsewhere("mai", "Nghiệp vụ thư viện"), better); err != nil || again.ID == one.ID || again.Evidence[0].Name != better[0].Name {
		t.Errorf("entered anew: %+v, %v", again, err)
	}
}

// crossing is a store in which somebody else does something once, just before a document of a kind is kept.
type crossing struct {
	store.Store
	kind *store.Kind
	do   func()
}

func (m *crossing) Insert(ctx context.Context, k *store.Kind, docs ...any) error {
	if do := m.do; k == m.kind && do != nil {
		m.do = nil
		do()
	}
	return m.Store.Insert(ctx, k, docs...)
}

func TestATrainingEnteredTwiceAtOnceIsOne(t *testing.T) {
	for code, organiser := range map[string]string{"": "Thư viện Quốc gia Việt Nam", "training-there-waits": "Sở Văn hóa"} {
		s := newSchool(t)
		var first courses.Training
		s.Store = &crossing{s.Store, school.TrainingKind, func() { first = enter(t, s, elsewhere("mai", "Khóa")) }}
		other := elsewhere("mai", "Khóa")
		other.Organiser = organiser
		second, err := s.EnterTraining(t.Context(), other, scan)
		if code == "" && (err != nil || second.ID != first.ID) || code != "" && problemOf(err) != code {
			t.Errorf("of %s: %+v, %v", organiser, second, err)
		}
	}
}

// A list that is entered again brings back nothing that was declined or withdrawn since.
func TestAListRevivesNothing(t *testing.T) {
	s := newSchool(t)
	of := func(person string) courses.Training {
		one := elsewhere(person, "Khóa")
		one.List = "l1"
		return one
	}
	gone, no := enter(t, s, of("mai")), enter(t, s, of("lan"))
	_, err := s.Accept(t.Context(), gone.ID, "truongphong")
	if err == nil {
		err = s.WithdrawTraining(t.Context(), gone.ID, "truongphong", "Giấy của người khác.")
	}
	if err == nil {
		_, err = s.DeclineTraining(t.Context(), no.ID, "truongphong", "Không rõ.")
	}
	if err != nil {
		t.Fatal(err)
	}
	for person, want := range map[string]string{"mai": "training-row-withdrawn", "lan": "training-row-declined"} {
		if _, err := s.EnterTraining(t.Context(), of(person), scan); problemOf(err) != want {
			t.Errorf("%s: %v", person, err)
		}
	}
	alone := enter(t, s, elsewhere("mai", "Khóa")) // but by hand
	if alone.ID == gone.ID {
		t.Error("it cannot be entered alone")
	}
}

// Who was entered twice is one human: under the entry that was kept they approve nothing that they entered, asked for
// or learnt under the other.
func TestASecondPersonIsAnotherHuman(t *testing.T) {
	s := newSchool(t)
	s.Entries = func(_ context.Context, person string) ([]string, error) {
		if person == "lan" {
			return []string{"lan", "lan-cu"}, nil
		}
		return []string{person}, nil
	}
	entered := elsewhere("mai", "Khóa một")
	entered.By = "lan-cu"
	learnt := elsewhere("lan-cu", "Khóa hai")
	for _, one := range []courses.Training{entered, learnt} {
		if _, err := s.Accept(t.Context(), enter(t, s, one).ID, "lan"); problemOf(err) != "training-own" {
			t.Errorf("%s accepts what %s entered for %s: %v", "lan", one.By, one.Person, err)
		}
	}
	id := enter(t, s, learnt).ID
	if _, err := s.Accept(t.Context(), id, "truongphong"); err != nil {
		t.Fatal(err)
	}
	if err := s.WithdrawTraining(t.Context(), id, "lan", "nhầm"); problemOf(err) != "training-own" {
		t.Errorf("they withdraw their own: %v", err)
	}
	publish(t, s, version(0))
	code := earn(t, s, "lan-cu")
	if _, err := s.Ask(t.Context(), code, false, courses.Mistaken, "", "lan"); problemOf(err) != "register-own" {
		t.Errorf("they ask to withdraw their own certificate: %v", err)
	}
	code = earn(t, s, "mai")
	if _, err := s.Ask(t.Context(), code, false, courses.Mistaken, "", "lan-cu"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Agree(t.Context(), code, "lan", school.UsualIssuer("08", "Tuyên Quang")); problemOf(err) != "request-own" {
		t.Errorf("they agree to what they asked: %v", err)
	}
}

func TestWhatIsWrongWithATrainingIsNamed(t *testing.T) {
	s := newSchool(t)
	for name, c := range map[string]struct {
		change func(*courses.Training)
		files  []courses.Picture
		want   string
	}{
		"no strand":    {func(o *courses.Training) { o.Strand = "" }, scan, "training-strand"},
		"no title":     {func(o *courses.Training) { o.Title = " " }, scan, "training-title"},
		"no organiser": {func(o *courses.Training) { o.Organiser = "" }, scan, "training-organiser"},
		"no day":       {func(o *courses.Training) { o.On = time.Time{} }, scan, "training-day"},
		"tomorrow":     {func(o *courses.Training) { o.On = time.Date(2026, 12, 6, 0, 0, 0, 0, time.UTC) }, scan, "training-future"},
		"long ago":     {func(o *courses.Training) { o.On = time.Date(202, 1, 1, 0, 0, 0, 0, time.UTC) }, scan, "training-early"},
		"periods":      {func(o *courses.Training) { o.Periods = 99999 }, scan, "training-periods"},
		"long":         {func(o *courses.Training) { o.Title = strings.Repeat("ạ", 201) }, scan, "text.long"},
		"no evidence":  {func(*courses.Training) {}, nil, "training-evidence"},
	} {
		one := elsewhere("mai", "Khóa")
		c.change(&one)
		if _, err := s.EnterTraining(t.Context(), one, c.files); problemOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Its row of numbers has no gaps and no doubles, also when many are accepted and declined at once.
func TestTrainingsHaveARowOfNumbersOfTheirOwn(t *testing.T) {
	s := newSchool(t)
	var ids []string
	for n := range 40 {
		ids = append(ids, enter(t, s, elsewhere(fmt.Sprint("p", n), "Khóa")).ID)
	}
	var wg sync.WaitGroup
	for n, id := range ids {
		wg.Go(func() {
			if n%4 == 0 {
				s.DeclineTraining(t.Context(), id, "truongphong", "không rõ")
			}
			s.Accept(t.Context(), id, "truongphong")
		})
	}
	wg.Wait()
	var numbers []int
	err := store.Each(t.Context(), s.Store, school.RulingKind, store.Query{}, func(r courses.Ruling) error {
		if r.Accepted {
			numbers = append(numbers, r.Number)
		}
		return nil
	})
	slices.Sort(numbers)
	if err != nil || len(numbers) != 30 || numbers[0] != 1 || numbers[29] != 30 {
		t.Errorf("numbers %v, %v", numbers, err)
	}
}

// The doctor names a training whose file is gone, a ruling whose training is, and a number that is missing in the row.
func TestCheckLooksAtTrainings(t *testing.T) {
	s := newSchool(t)
	var ids []string
	for n := range 3 {
		one, err := s.EnterTraining(t.Context(), elsewhere(fmt.Sprint("p", n), "Khóa"), []courses.Picture{{Name: fmt.Sprintf("paper-%d.pdf", n), Data: scan[0].Data}})
		if err == nil {
			_, err = s.Accept(t.Context(), one.ID, "truongphong")
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.ID)
	}
	look := func() (found []string) {
		t.Helper()
		if _, err := s.Check(t.Context(), func(f school.Flaw) { found = append(found, f.Kind+" "+f.ID+" "+f.What) }, func(int, int) {}); err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := look(); len(found) > 0 {
		t.Errorf("a sound store: %q", found)
	}
	for _, damage := range []struct {
		err  error
		want string
	}{
		{s.Store.DeleteBlob(t.Context(), "paper-0.pdf"), "training " + ids[0] + " " + school.NoFile},
		{s.Store.Delete(t.Context(), school.RulingKind, ids[1]), "ruling 08/2026/000002 " + school.NoLine},
		{s.Store.Delete(t.Context(), school.TrainingKind, ids[2]), "ruling " + ids[2] + " " + school.NoTraining},
	} {
		if found := look(); damage.err != nil || !slices.Contains(found, damage.want) {
			t.Errorf("%v, found %q, not %q", damage.err, found, damage.want)
		}
	}
}
