package sqlite_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"lopban/courses/store"
)

type fact struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	Course string `json:"course"`
	Note   string `json:"note"`
}

// facts are documents of about 600 bytes with one composite index.
func facts() *store.Kind {
	return &store.Kind{Name: "fact", Schema: 1, Doc: fact{}, Indexes: [][]string{{"person", "course"}}}
}

func aFact(n int64) *fact {
	return &fact{ID: fmt.Sprintf("%016x", uint64(n)*0x9E3779B97F4A7C15), Person: fmt.Sprint("p", n%20000), Course: fmt.Sprint("RP", n%30), Note: strings.Repeat("đọc sách ", 45)}
}

var writers = []int{1, 16, 64}

// BenchmarkInsert measures durable inserts by many goroutines; BenchmarkBareInsert, below, is what the same file does
// with nothing of ours around it.
func BenchmarkInsert(b *testing.B) {
	for _, n := range writers {
		b.Run(fmt.Sprint("writers=", n), func(b *testing.B) {
			s, k := open(b, b.TempDir(), facts()), facts()
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range n {
				all.Go(func() {
					for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
						if err := s.Insert(b.Context(), k, aFact(i)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
		})
	}
}

func BenchmarkBareInsert(b *testing.B) {
	for _, n := range writers {
		b.Run(fmt.Sprint("group=", n), func(b *testing.B) {
			db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=cache_size(-8192)")
			must(b, err)
			defer db.Close()
			db.SetMaxOpenConns(1)
			_, err = db.Exec("CREATE TABLE fact (id TEXT PRIMARY KEY, _rev INTEGER, _schema INTEGER, _body TEXT, person, course); CREATE INDEX pc ON fact (person, course, id)")
			must(b, err)
			insert, err := db.Prepare("INSERT INTO fact VALUES (?, 1, 1, ?, ?, ?)")
			must(b, err)
			b.ResetTimer()
			for done := 0; done < b.N; {
				tx, err := db.Begin()
				must(b, err)
				in := tx.Stmt(insert)
				for range min(n, b.N-done) {
					done++
					f := aFact(int64(done))
					body, err := json.Marshal(f)
					must(b, err)
					_, err = in.Exec(f.ID, string(body), f.Person, f.Course)
					must(b, err)
				}
				must(b, tx.Commit())
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "inserts/s")
		})
	}
}

// BenchmarkRead measures one read of a document among 20,000, of a page of 40, and a count of all of them by group.
func BenchmarkRead(b *testing.B) {
	s, k := open(b, b.TempDir(), facts()), facts()
	docs := make([]any, 20_000)
	for i := range docs {
		docs[i] = aFact(int64(i))
	}
	must(b, s.Insert(b.Context(), k, docs...))
	var next atomic.Int64
	for name, read := range map[string]func() error{
		"get": func() error {
			_, err := store.Get[fact](b.Context(), s, k, docs[next.Add(1)%int64(len(docs))].(*fact).ID)
			return err
		},
		"page": func() error {
			_, err := store.All[fact](b.Context(), s, k, store.Query{}.By("person").From(&store.Cursor{Value: docs[next.Add(1)%int64(len(docs))].(*fact).Person}).First(40))
			return err
		},
		"count": func() error {
			_, err := s.Count(b.Context(), k, store.Query{}, "course")
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := read(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
