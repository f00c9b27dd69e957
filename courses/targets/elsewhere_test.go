package targets

import (
	"slices"
	"testing"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
	"lopban/courses/school"
)

// since is an accepted training done elsewhere on the nth day.
func since(id string, strand courses.Strand, n int) courses.Ruling {
	return courses.Ruling{ID: id, Accepted: true, Strand: strand, On: DayOf(day(n)).Time()}
}

func TestTrainingDoneElsewhereCountsForItsStrand(t *testing.T) {
	begins := func(n int) time.Time { return since("", svc, n).From() }
	never := time.Time{}
	for name, c := range map[string]struct {
		certificates []courses.Certificate
		revocations  []courses.Revocation
		elsewhere    []courses.Ruling
		from, until  time.Time
		leans        time.Time
	}{
		"one strand":        {nil, nil, []courses.Ruling{since("p/x-1", svc, 3)}, never, never, never},
		"both strands":      {nil, nil, []courses.Ruling{since("p/x-1", svc, 3), since("p/x-2", prm, 5)}, begins(5), courses.Forever, begins(5)},
		"with an own one":   {[]courses.Certificate{cert("p/r/1", prm, 9, 300)}, nil, []courses.Ruling{since("p/x-1", svc, 3)}, day(9), day(300), day(9)},
		"besides both own":  {[]courses.Certificate{cert("p/r/1", prm, 2, 300), cert("p/s/1", svc, 2, 300)}, nil, []courses.Ruling{since("p/x-1", svc, 3)}, day(2), day(300), never},
		"longer than own":   {[]courses.Certificate{cert("p/r/1", prm, 2, 300), cert("p/s/1", svc, 2, 50)}, nil, []courses.Ruling{since("p/x-1", svc, 3)}, day(2), day(300), day(50)},
		"withdrawn":         {[]courses.Certificate{cert("p/r/1", prm, 2, 300)}, []courses.Revocation{{ID: "p/x-1", At: day(40)}}, []courses.Ruling{since("p/x-1", svc, 3)}, begins(3), day(40), begins(3)},
		"declined is none":  {[]courses.Certificate{cert("p/r/1", prm, 2, 300)}, nil, []courses.Ruling{{ID: "p/x-1", Strand: svc, On: DayOf(day(3)).Time()}}, never, never, never},
		"withdrawn at once": {[]courses.Certificate{cert("p/r/1", prm, 2, 300)}, []courses.Revocation{{ID: "p/x-1", At: begins(3)}}, []courses.Ruling{since("p/x-1", svc, 3)}, never, never, never},
	} {
		s := Stand(both2, roster.Person{ID: "p"}, c.certificates, c.revocations, c.elsewhere...)
		if !s.TrainedFrom.Equal(c.from) || !s.TrainedUntil.Equal(c.until) || !s.ElsewhereFrom.Equal(c.leans) {
			t.Errorf("%s: trained %v to %v, because of it from %v", name, s.TrainedFrom, s.TrainedUntil, s.ElsewhereFrom)
		}
	}
}

// It counts from its own day on, and says so in every list; a closed period gets an adjustment.
func TestTrainingDoneElsewhereIsMarkedInEveryList(t *testing.T) {
	r := newRegion(t)
	r.clock = day(1)
	p := r.hires("Lò Văn Nam", ngocDuong)
	half := r.hires("Tẩn Mùi Mẩy", ngocDuong)
	r.clock = day(3)
	r.earns(p, prm, 500)
	r.clock = day(120)
	before := r.reads(roster.Present, "08", day(60))
	closed := r.closes("2026-03")
	r.clock = day(125)
	for _, who := range []string{p, half} {
		id, _ := r.entered(who, svc, DayOf(day(10)).Time())
		if got := r.reads(roster.Present, "08", time.Time{}); got.Trained != 0 && who == p {
			t.Error("it counts before anybody accepted it")
		}
		r.accepts(id)
	}
	now, past := r.reads(roster.Present, "08", time.Time{}), r.reads(roster.Present, "08", day(60))
	if now.Trained != 1 || now.Elsewhere != 1 || past.Trained != 1 || past.Elsewhere != 1 || before.Trained != 0 {
		t.Errorf("trained %d (%d elsewhere) now, %d (%d) on the day, %d as it was read before", now.Trained, now.Elsewhere, past.Trained, past.Elsewhere, before.Trained)
	}
	if early := r.reads(roster.Present, "08", day(9)); early.Trained != 0 {
		t.Error("it counts before its day")
	}
	all, err := r.Adjustments(r.ctx, closed, Scope{By: roster.Present, Province: "08"})
	r.check(err)
	if len(all) != 1 || all[0].Trained != 1 || len(all[0].Facts) != 1 || all[0].Facts[0].Event != Elsewhere || all[0].Facts[0].On != DayOf(day(10)) {
		t.Errorf("adjustments %+v", all)
	}
	missing, err := r.Missing(r.ctx, Scope{By: roster.Present, Province: "08"}, time.Time{}, nil, false)
	r.check(err)
	defer missing.Close()
	rows, err := missing.First(r.ctx, 10)
	r.check(err)
	if len(rows) != 1 || rows[0]["id"] != half || !slices.Equal(rows[0]["elsewhere"].([]string), []string{string(svc)}) {
		t.Errorf("missing %v", rows)
	}
	list, err := r.Completions(r.ctx, Scope{By: roster.Present, Province: "08"}, time.Time{}, Filter{})
	r.check(err)
	defer list.Close()
	rows, err = list.First(r.ctx, 10)
	r.check(err)
	var said []string
	for _, row := range rows {
		if row["person"] == "Lò Văn Nam" {
			said = append(said, row["source"].(string)+" "+string(row["completedAt"].(Day))+" "+row["register"].(string)+" "+row["state"].(string))
		}
	}
	slices.Sort(said)
	want := []string{"elsewhere " + string(DayOf(day(10))) + " ĐTK 08/2026/000001 valid", "here " + string(DayOf(day(3))) + " 08/2026/000001 valid"}
	if !slices.Equal(said, want) {
		t.Errorf("completions %q, want %q", said, want)
	}
	totals, err := list.Totals(r.ctx)
	r.check(err)
	if totals.Certificates != 3 || totals.People != 2 || len(totals.Courses) != 2 {
		t.Errorf("totals %+v", totals)
	}
	trained, err := r.school().TrainingsOf(r.ctx, p)
	r.check(err)
	r.clock = day(130)
	r.withdraws(trained[0].ID)
	if now, past := r.reads(roster.Present, "08", time.Time{}), r.reads(roster.Present, "08", day(60)); now.Trained != 0 || past.Trained != 1 {
		t.Errorf("withdrawn: %d now, %d on the day", now.Trained, past.Trained)
	}
	if trained, _ = r.school().TrainingsOf(r.ctx, p); trained[0].State() != school.TrainingWithdrawn {
		t.Errorf("it is %s", trained[0].State())
	}
}
