package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lopban/cmd/lopban/console"
	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/school"
	"lopban/courses/store"
	"lopban/courses/targets"
)

// smallRegion is a folder with two people of Lũng Cú on the roster, of whom nobody is trained.
func smallRegion(t *testing.T) (data string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "roster.csv")
	if err := os.WriteFile(file, []byte("Họ và tên,Đơn vị công tác,Xã/phường,Từ ngày\nSùng Mí Pó,Thư viện xã,Lũng Cú,01/02/2024\nGiàng Thị Mai,Thư viện xã,Lũng Cú,01/02/2024\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data = filepath.Join(dir, "data")
	tells(t, "roster", "import", file, "--data", data).want(t, 0)
	return data
}

// opened gives a test the store of a folder while no command uses it.
func opened(t *testing.T, data string, use func(store.Store)) {
	t.Helper()
	st, err := console.Place{Data: data}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	use(st)
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReportWritesWhatThePagesShow(t *testing.T) {
	data := smallRegion(t)
	var figures targets.Figures
	opened(t, data, func(st store.Store) {
		s, err := console.NewProgramme(t.Context(), st, "", os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		if figures, err = s.Board.Read(t.Context(), roster.Present, "08", time.Time{}); err != nil {
			t.Fatal(err)
		}
	})
	var got targets.Figures
	said := tells(t, "report", "board", "--province", "08", "--format", "json", "--data", data).want(t, 0)
	if err := json.Unmarshal([]byte(said.out), &got); err != nil || got.Checksum != figures.Checksum || got.Base != 2 || said.err != "" {
		t.Errorf("%+v, %v, and said %q", got, err, said.err)
	}
	if said := tells(t, "report", "missing", "--by", "programme", "--province", "02", "--data", data).want(t, 0); strings.Count(said.out, ",xã Lũng Cú,Tuyên Quang,") != 2 {
		t.Errorf("%s", said.out)
	}
	if said := tells(t, "report", "completions", "--lang", "en", "--data", data).want(t, 0); !strings.HasPrefix(said.out, "\ufeffPerson ID,Name,") {
		t.Errorf("%s", said.out)
	}

	file := filepath.Join(t.TempDir(), "missing.xlsx")
	if said := tells(t, "report", "missing", "-o", file, "--data", data).want(t, 0, "rows 2 of 2", "wrote "+file); said.out != "" {
		t.Errorf("data on standard output beside the file: %q", said.out)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(text), "PK") {
		t.Errorf("%.10q, %v", text, err)
	}
}

func TestReportRefusesWhatIsNotThere(t *testing.T) {
	data := smallRegion(t)
	file := filepath.Join(t.TempDir(), "board.pdf")
	tells(t, "report", "board", "-o", file, "--data", data).want(t, 1, "pdf")
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 0 {
		t.Errorf("a report that failed left %v, %v", entries, err)
	}
	tells(t, "report", "board", "--province", "98", "--data", data).want(t, 1, "98")
	tells(t, "report", "board", "--as-of", "31/12/2025", "--data", data).want(t, 1, "write YYYY-MM-DD")
	tells(t, "report", "board", "--as-of", "2199-12-31", "--data", data).want(t, 1, "2199")
	tells(t, "report", "everything", "--data", data).want(t, 2)
	tells(t, "report", "--data", data).want(t, 2)
}

func TestDoctorOnlyReportsUntilItIsAsked(t *testing.T) {
	data := smallRegion(t)
	healthy := tells(t, "doctor", "--data", data).want(t, 0)
	if !strings.Contains(healthy.out, "people 2: standings missing 0, different 0, of nobody 0\n") {
		t.Errorf("%s", healthy.out)
	}
	var person roster.Person
	opened(t, data, func(st store.Store) {
		people, err := store.All[roster.Person](t.Context(), st, roster.PersonKind, store.Query{})
		if err != nil || len(people) != 2 {
			t.Fatal(people, err)
		}
		person = people[0]
		if err := st.Delete(t.Context(), targets.StandingKind, people[1].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Update(t.Context(), st, targets.StandingKind, person.ID, func(s *targets.Standing) error { s.InBase = false; return nil }); err != nil {
			t.Fatal(err)
		}
		if err := st.Insert(t.Context(), targets.StandingKind, &targets.Standing{ID: "nobody"}); err != nil {
			t.Fatal(err)
		}
	})
	for range 2 { // looking changes nothing
		sick := tells(t, "doctor", "--data", data).want(t, 1, "--rebuild")
		if !strings.Contains(sick.out, "people 2: standings missing 1, different 1, of nobody 1\n") || !strings.Contains(sick.out, "standing\t"+person.ID+"\twrong\n") {
			t.Errorf("%s", sick.out)
		}
	}
	if mended := tells(t, "doctor", "--rebuild", "--data", data).want(t, 0); !strings.Contains(mended.out, "standing\tnobody\tput right\n") {
		t.Errorf("%s", mended.out)
	}
	tells(t, "doctor", "--data", data).want(t, 0)
}

func TestDoctorNamesFactsThatDoNotAgree(t *testing.T) {
	data := smallRegion(t)
	opened(t, data, func(st store.Store) {
		rules := console.NewSchool(st)
		version := courses.Version{Course: "K1", Hash: "1", Modules: []courses.Module{{ID: "m", Lessons: []courses.Lesson{{ID: "doc", Minutes: 5}}}}}
		v, _, err := rules.Publish(t.Context(), version)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range []struct {
			kind *store.Kind
			doc  any
		}{
			{school.EnrolmentKind, &courses.Enrolment{ID: "P1/K1/01", Person: "P1", Course: "K1", Cycle: 1, Version: v.ID}},
			{school.EnrolmentKind, &courses.Enrolment{ID: "P2/K1/01", Person: "P2", Course: "K1", Cycle: 1, Version: v.ID}},
			{school.EnrolmentKind, &courses.Enrolment{ID: "P3/K1/01", Person: "P3", Course: "K1", Cycle: 1, Version: "K1@9"}},
			{school.CompletionKind, &courses.Completion{ID: "P1/K1/01/doc", Enrolment: "P1/K1/01", Lesson: "doc", Client: "P1/a"}},
			{school.CompletionKind, &courses.Completion{ID: "P9/K1/01/doc", Enrolment: "P9/K1/01", Lesson: "doc", Client: "P9/a"}},
			{school.AttemptKind, &courses.Attempt{ID: "P9/b", Enrolment: "P9/K1/01", Lesson: "doc"}},
			{school.CertificateKind, &courses.Certificate{ID: "P1/K1/01", Enrolment: "P1/K1/01", Code: "C1", Register: "1"}},
			{school.CertificateKind, &courses.Certificate{ID: "P2/K1/01", Enrolment: "P2/K1/01", Code: "C2", Register: "2"}},
			{school.CertificateKind, &courses.Certificate{ID: "P3/K1/01", Enrolment: "P3/K1/01", Code: "C3", Register: "3"}},
			{school.CertificateKind, &courses.Certificate{ID: "P9/K1/01", Enrolment: "P9/K1/01", Code: "C9", Register: "9"}},
		} {
			if err := st.Insert(t.Context(), d.kind, d.doc); err != nil {
				t.Fatal(err)
			}
		}
	})
	said := tells(t, "doctor", "--rebuild", "--data", data).want(t, 1)
	for _, line := range []string{
		"completion\tP9/K1/01/doc\t" + school.NoEnrolment, "attempt\tP9/b\t" + school.NoEnrolment, "certificate\tP9/K1/01\t" + school.NoEnrolment,
		"certificate\tP2/K1/01\t" + school.LessonsOpen, "certificate\tP3/K1/01\t" + school.NoVersion, "facts 7: 5 do not agree with the others",
	} {
		if !strings.Contains(said.out, line+"\n") {
			t.Errorf("it does not say %q: %s", line, said.out)
		}
	}
	if strings.Contains(said.out, "P1/") {
		t.Errorf("a certificate that was earned is doubted: %s", said.out)
	}
}

// lastMonth is the month before this one, on any day of it.
func lastMonth() string {
	y, m, _ := console.Clock().In(courses.Vietnam).Date()
	return time.Date(y, m-1, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

func TestReportOfAClosedPeriod(t *testing.T) {
	data := smallRegion(t)
	tells(t, "report", "board", "--period", "2026-01", "--data", data).want(t, 1, "period")
	var sum string
	opened(t, data, func(st store.Store) {
		s, err := console.NewProgramme(t.Context(), st, "", os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		month := lastMonth()
		p, err := s.Board.Close(t.Context(), month, "Tháng trước", "operator", "Operator")
		if err != nil {
			t.Fatal(err)
		}
		f, err := s.Board.Frozen(t.Context(), p, roster.Present, "")
		if err != nil {
			t.Fatal(err)
		}
		sum = f.Checksum
	})
	month := lastMonth()
	if said := tells(t, "report", "board", "--period", month, "--data", data).want(t, 0); !strings.Contains(said.out, sum) {
		t.Errorf("%s", said.out)
	}
}

// The verdict is the first word on standard output, and the command's end says the same.
func TestReportVerify(t *testing.T) {
	data := smallRegion(t)
	dir := t.TempDir()
	for _, format := range []string{"csv", "xlsx", "json"} {
		for _, what := range []string{"missing", "board", "completions"} {
			file := filepath.Join(dir, what+"."+format)
			tells(t, "report", what, "-o", file, "--data", data).want(t, 0)
			if said := tells(t, "report", "verify", file).want(t, 0); !strings.HasPrefix(said.out, "intact\t"+what+"\t") {
				t.Errorf("%s: %q", file, said.out)
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "missing.csv"))
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.csv")
	if err := os.WriteFile(changed, []byte(strings.Replace(string(text), "Sùng Mí Pó", "Sùng Mí Pố", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := tells(t, "report", "verify", changed).want(t, 1, "something in it was changed"); !strings.HasPrefix(said.out, "changed\tmissing\t2 rows\t") {
		t.Errorf("%q", said.out)
	}
	other := filepath.Join(dir, "other.csv")
	if err := os.WriteFile(other, []byte("a,b\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := tells(t, "report", "verify", other).want(t, 1, "no checksum"); !strings.HasPrefix(said.out, "unknown\t") {
		t.Errorf("%q", said.out)
	}
	tells(t, "report", "verify").want(t, 1, "name of a file")
	tells(t, "report", "verify", filepath.Join(dir, "nothing.csv")).want(t, 1, "nothing.csv")
	tells(t, "report", "board", "board.csv", "--data", data).want(t, 1, "-o names the file")
}
