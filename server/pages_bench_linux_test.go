package server

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/valyala/fasthttp"

	"lopban/courses"
	"lopban/courses/programme"
	"lopban/courses/roster"
	"lopban/courses/targets"
)

// BenchmarkPages is what the pages cost that people live in, with 300 people of a province in the middle of their
// courses: no network, all of the server. cpu-µs/op is the processor time of the whole process, which neighbours do not
// change.
func BenchmarkPages(b *testing.B) {
	s := newSite(b)
	p := provinceOn(s)
	v := p.publish(practiceCourse("K3", true))
	begun := []string{"K1", "K2"}
	for _, id := range begun {
		p.publish(shortCourse(id, courses.LibraryService))
	}
	p.busy(v, 300)
	if err := p.learn(b.Context(), p.my.ID, v, begun...); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		who  *client
		path string
	}{
		{p.learner, "/"}, {p.learner, "/courses/K1"}, {p.learner, "/courses/K1/thu/quiz"}, {p.staff, "/roster"}, {p.staff, "/api/v1/people"}, {p.trainer, "/practice"},
		{p.staff, "/missing"}, {p.office, "/board?by=present&province=08"}, {p.office, "/board"}, {p.trainer, "/author/K1/figures"},
	} {
		b.Run(strings.ReplaceAll(c.path, "/", "_"), func(b *testing.B) {
			b.ReportAllocs()
			visit := visitor(b, s, c.who, c.path)
			visit()
			began := cpu()
			for b.Loop() {
				visit()
			}
			b.ReportMetric(float64(cpu()-began)/float64(b.N), "cpu-µs/op")
		})
	}
	b.Run("missing.csv", func(b *testing.B) {
		b.ReportAllocs()
		began := cpu()
		for b.Loop() {
			r, err := p.Report(b.Context(), programme.Request{Report: "missing", Scope: targets.Scope{By: roster.Present, Province: "08"}, Contacts: true})
			if err != nil {
				b.Fatal(err)
			}
			if err := errors.Join(r.Write(b.Context(), io.Discard, targets.CSV, programme.FileWords("vi", p.Words("vi"))), r.Close()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(cpu()-began)/float64(b.N), "cpu-µs/op")
	})
	n := 0
	b.Run("completion", func(b *testing.B) {
		b.ReportAllocs()
		began := cpu()
		for b.Loop() {
			n++
			person := fmt.Sprint("B", n)
			f := courses.Fact{ID: "f", Kind: "completion", Course: "K1", Lesson: "thu", At: p.now()}
			if r, err := p.Record(b.Context(), person, f); err != nil || r.State != courses.Received {
				b.Fatal(r, err)
			}
		}
		b.ReportMetric(float64(cpu()-began)/float64(b.N), "cpu-µs/op")
	})
}

// BenchmarkCheck is what it costs that anybody checks a certificate, each from an address of their own.
func BenchmarkCheck(b *testing.B) {
	e := newEarned(b)
	e.looksUpMuch()
	code := e.code
	for name, path := range map[string]string{"page": "/v/" + code, "api": "/api/v1/certificates/" + code, "badge": "/badges/" + code + ".jwt", "picture": "/badges/" + code + ".png", "states": "/badges/status/08-2026-0"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			visit := visitor(b, e.visited, e.anyone(), path)
			visit()
			began := cpu()
			for b.Loop() {
				e.limits.Codes.Of = nil
				visit()
			}
			spent := float64(cpu()-began) / float64(b.N)
			b.ReportMetric(spent, "cpu-µs/op")
			b.ReportMetric(1e6/spent, "checks/cpu-s")
		})
	}
}

// visitor gives a function that opens a page as a visitor's browser does.
func visitor(b *testing.B, s *visited, who *client, path string) func() {
	handler := s.app.Handler()
	var ctx fasthttp.RequestCtx
	return func() {
		ctx.Request.Reset()
		ctx.Response.Reset()
		ctx.Request.Header.SetMethod(http.MethodGet)
		ctx.Request.SetRequestURI(path)
		for name, value := range who.cookies {
			ctx.Request.Header.SetCookie(name, value)
		}
		handler(&ctx)
		if ctx.Response.StatusCode() != http.StatusOK {
			b.Fatal(path, ctx.Response.StatusCode())
		}
		ctx.Response.Body()
	}
}

// cpu is the processor time that the process has taken, in microseconds.
func cpu() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano()/1000 + u.Stime.Nano()/1000
}
