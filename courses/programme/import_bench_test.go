package programme

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"lopban/content"
	"lopban/courses/roster"
	"lopban/courses/roster/intake"
	"lopban/courses/store"
	"lopban/courses/store/sqlite"
	"lopban/courses/targets"
	"lopban/courses/workbook"
)

var (
	benchFamily = []string{"Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vàng", "Giàng", "Lò", "Vừ", "Sùng", "Thào", "Hầu", "Lý", "Nông", "Bế", "Ma", "Triệu", "Đặng", "Mùa", "Chảo"}
	benchMiddle = []string{"Văn", "Thị", "Mí", "Seo", "A", "Thanh", "Minh", "Thu", "Xuân", "Ngọc", "Quốc", "Đức"}
	benchGiven  = []string{"An", "Bình", "Chi", "Dung", "Dính", "Giang", "Hà", "Hoa", "Hòa", "Hùng", "Hương", "Lan", "Lân", "Mai", "Minh", "Mỷ", "Nga", "Páo", "Phương", "Quân", "Sơn", "Thủy", "Thúy", "Tuấn", "Vinh", "Yến"}
)

// benchName is the name of somebody: some 100,000 names come before one comes again.
func benchName(i int) string {
	n := i * 7919
	return strings.Join([]string{benchFamily[n%20], benchMiddle[n/20%12], benchGiven[n/240%26] + string(rune('a'+n/6240%16)), benchGiven[n/99840%26]}, " ")
}

// spent is the processor's time that the process took, in seconds: what a machine that others use too says of the work.
func spent() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// benchPeople is how many people the full province has; i is one of them, or somebody else of its communes.
const benchPeople = 160_000

func benchEntry(communes []roster.Commune, i int) roster.Entry {
	c := communes[i%len(communes)]
	return roster.Entry{Name: benchName(i), Phone: fmt.Sprintf("09%08d", i), Post: "Công chức văn hóa - xã hội", Library: "Thư viện " + c.Title(), Kind: roster.CommuneLibrary, Commune: c.Code,
		On: time.Date(2024, 1, 5, 0, 0, 0, 0, time.UTC)}
}

// fillProvince enters everybody of the full province.
func fillProvince(b *testing.B, s *Programme, communes []roster.Commune) {
	var postings, people, standings []any
	flush := func() {
		for _, of := range []struct {
			kind *store.Kind
			docs *[]any
		}{{roster.PostingKind, &postings}, {roster.PersonKind, &people}, {targets.StandingKind, &standings}} {
			if err := s.Store.Insert(b.Context(), of.kind, *of.docs...); err != nil {
				b.Fatal(err)
			}
			*of.docs = nil
		}
	}
	for i := range benchPeople {
		e := benchEntry(communes, i)
		id := fmt.Sprintf("A%09d", i)
		p := s.Roll.NewPosting(id, roster.Starts, e, communes[i%len(communes)], "bench")
		person := s.Roll.Replay(roster.Person{ID: id, Name: e.Name, Phone: e.Phone, Post: e.Post, Kind: e.Kind}, roster.Facts{Postings: []roster.Posting{p}})
		standing := targets.Stand(s.Targets, person, nil, nil)
		postings, people, standings = append(postings, &p), append(people, &person), append(standings, &standing)
		if len(people) == 500 {
			flush()
		}
	}
}

// benchStore is a folder with a full province, to be thrown away; LOPBAN_BENCH_STORE names a folder that keeps one
// between runs: filling it takes longer than what is measured.
func benchStore(b *testing.B) *Programme {
	folder, kept := b.TempDir(), os.Getenv("LOPBAN_BENCH_STORE")
	_, missing := os.Stat(kept)
	if kept != "" && missing == nil {
		if err := os.CopyFS(folder, os.DirFS(kept)); err != nil {
			b.Fatal(err)
		}
	}
	open := func() *Programme {
		st, err := sqlite.Open(folder, Kinds()...)
		if err != nil {
			b.Fatal(err)
		}
		s, err := New(b.Context(), Config{Store: st, Content: content.FS, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now, BaseURL: "http://x", Alone: true})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	s := open()
	if kept == "" || missing != nil {
		fillProvince(b, s, s.Places.Communes(roster.Present, "08"))
	}
	if kept != "" && missing != nil {
		if err := s.Store.Close(); err != nil {
			b.Fatal(err)
		}
		if err := os.CopyFS(kept, os.DirFS(folder)); err != nil {
			b.Fatal(err)
		}
		s = open()
	}
	b.Cleanup(func() { s.Store.Close() })
	if err := s.Store.(*sqlite.Store).Checked(b.Context()); err != nil { // so that nothing else is measured
		b.Fatal(err)
	}
	return s
}

// BenchmarkImportIntoAFullProvince imports 10,000 new people and 10,000 who changed into a province of 160,000, from
// the file to the board.
func BenchmarkImportIntoAFullProvince(b *testing.B) {
	s := benchStore(b)
	communes := s.Places.Communes(roster.Present, "08")
	row := func(e roster.Entry) string {
		return strings.Join([]string{e.Name, e.Phone, e.Post, e.Library, "Thư viện xã", e.Commune, e.On.Format("02/01/2006")}, ",") + "\n"
	}
	const titles = "Họ và tên,SĐT,Chức vụ,Đơn vị công tác,Loại thiết chế,Mã xã,Từ ngày\n"
	round := 0
	for b.Loop() {
		round++
		var fresh, changed strings.Builder
		fresh.WriteString(titles)
		changed.WriteString(titles)
		for i := range 10_000 {
			e := benchEntry(communes, round*1_000_000+i)
			e.Phone = fmt.Sprintf("03%08d", round*100_000+i)
			fresh.WriteString(row(e))
			e = benchEntry(communes, (i*16+round)%benchPeople)
			e.Post = fmt.Sprintf("Phó chủ tịch %d", round)
			changed.WriteString(row(e))
		}
		for _, of := range [][2]string{{"new", fresh.String()}, {"changed", changed.String()}} {
			what, file := of[0], of[1]
			start, cpu := time.Now(), spent()
			book, err := s.Lexicon.Read(strings.NewReader(file), "a.csv", workbook.DefaultLimits)
			if err != nil {
				b.Fatal(err)
			}
			im, _, err := s.Look(b.Context(), "08", book, intake.Choices{}, workbook.DefaultLimits)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(time.Since(start).Seconds(), "s/preview-"+what)
			b.ReportMetric(spent()-cpu, "cpu-s/preview-"+what)
			asked := im.Count(intake.Asked)
			start, cpu = time.Now(), spent()
			n, err := s.Import(b.Context(), im, "bench", nil)
			if err != nil || n.Added+n.Changed+asked < 9_900 {
				b.Fatal(n, err)
			}
			b.ReportMetric(time.Since(start).Seconds(), "s/import-"+what)
			b.ReportMetric(spent()-cpu, "cpu-s/import-"+what)
			b.ReportMetric(float64(asked), "asked-"+what)
		}
	}
}
