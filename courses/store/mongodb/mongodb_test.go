package mongodb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lopban/courses/store"
	"lopban/courses/store/mongodb"
	"lopban/courses/store/mongodb/mongotest"
	"lopban/courses/store/storetest"
)

type person struct {
	ID       string    `json:"id"`
	Code     string    `json:"code"`
	Province string    `json:"province"`
	Rank     int       `json:"rank"`
	Until    time.Time `json:"until"`
}

func people() *store.Kind {
	return &store.Kind{Name: "person", Schema: 1, Doc: person{}, Unique: []string{"code"}, Indexes: [][]string{{"province", "until"}}}
}

func somebody(id string) *person { return &person{ID: id, Code: "c" + id, Province: "08"} }

func open(t testing.TB, uri string, kinds ...*store.Kind) *mongodb.Store {
	t.Helper()
	s, err := mongodb.Open(t.Context(), uri, kinds...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestContract(t *testing.T) {
	fresh := func(t *testing.T, kinds ...*store.Kind) store.Store { return open(t, mongotest.Start(t), kinds...) }
	again := func(t *testing.T) storetest.Opener {
		uri := mongotest.Start(t)
		return func(t *testing.T, kinds ...*store.Kind) store.Store { return open(t, uri, kinds...) }
	}
	options := []storetest.Option{storetest.Reopen(again)}
	if !mongotest.Real() {
		options = append(options,
			storetest.Skip("FerretDB v1 has no atomic updates", "parallel updates lose nothing", "parallel updates of two fields keep both"),
			storetest.Skip("FerretDB v1 gives an internal error for a taken unique value in an update", "an update cannot take what is taken"))
	}
	storetest.Run(t, fresh, options...)
}

func TestOpenRefuses(t *testing.T) {
	var p *store.Problem
	_, err := mongodb.Open(t.Context(), "postgres://user:secret@localhost/x")
	if !errors.As(err, &p) || p.Kind != store.ErrInvalid || p.Code != "store-address" || strings.Contains(err.Error(), "secret") {
		t.Errorf("a wrong address: %v", err)
	}
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	host := nobody.Addr().String()
	must(t, nobody.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = mongodb.Open(ctx, "mongodb://user:secret@"+host+"/x")
	if !errors.As(err, &p) || p.Kind != store.ErrUnavailable || p.Code != "store-unreachable" || p.Args[0] != host || strings.Contains(err.Error(), "secret") {
		t.Errorf("nobody at the address: %v", err)
	}
}

func TestUnfinishedBlobIsNotServed(t *testing.T) {
	uri := mongotest.Start(t)
	s := open(t, uri)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	must(t, err)
	defer client.Disconnect(context.Background())
	u, err := url.Parse(uri)
	must(t, err)
	bucket := client.Database(strings.Trim(u.Path, "/")).GridFSBucket(options.GridFSBucket().SetName("_blob"))
	_, err = bucket.UploadFromStream(t.Context(), "paper", strings.NewReader("all there, but without its name"))
	must(t, err)

	if data, err := s.Blob(t.Context(), "paper"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unfinished blob is %q, %v", data, err)
	}
	must(t, s.PutBlob(t.Context(), "paper", []byte("%PDF")))
	if data, err := s.Blob(t.Context(), "paper"); err != nil || string(data) != "%PDF" {
		t.Errorf("the blob is %q, %v", data, err)
	}
}

func TestNewFieldsAndIndexes(t *testing.T) {
	uri := mongotest.Start(t)
	type oldPerson struct {
		ID       string `json:"id"`
		Province string `json:"province"`
	}
	old := &store.Kind{Name: "person", Schema: 1, Indexes: [][]string{{"province"}}}
	s := open(t, uri, old)
	must(t, s.Insert(t.Context(), old, &oldPerson{"a", "08"}, &oldPerson{"b", "15"}))

	indexes := [][]string{{"province", "until"}, {"rank"}}
	if _, err := mongodb.Open(t.Context(), uri, &store.Kind{Name: "person", Schema: 1, Indexes: indexes}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("opened with new fields and no Doc: %v", err)
	}
	k := &store.Kind{Name: "person", Schema: 2, Doc: person{}, Indexes: indexes}
	s = open(t, uri, k)
	for _, c := range []store.Cond{store.Is("rank", 0), store.Is("until", time.Time{})} {
		found, err := store.All[person](t.Context(), s, k, store.Where(c))
		if err != nil || len(found) != 2 || found[1].Province != "15" {
			t.Errorf("%+v finds %+v, %v", c, found, err)
		}
	}
}

func TestTwoProcessesHaveOneWinner(t *testing.T) {
	uri, k := mongotest.Start(t), people()
	stores := []*mongodb.Store{open(t, uri, k), open(t, uri, k)}
	var all sync.WaitGroup
	var mu sync.Mutex
	won := map[string]int{}
	for i := range 16 {
		all.Go(func() {
			for n := range 10 {
				id := fmt.Sprint(n)
				err := stores[i%2].Insert(t.Context(), k, somebody(id))
				if err != nil && !errors.Is(err, store.ErrExists) {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					won[id]++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	for n := range 10 {
		if id := fmt.Sprint(n); won[id] != 1 {
			t.Errorf("%s was inserted %d times", id, won[id])
		}
	}
}

func TestLostDatabase(t *testing.T) {
	if mongotest.Real() {
		t.Skip("a replica set tells its own addresses, past the proxy")
	}
	u, err := url.Parse(mongotest.Start(t))
	must(t, err)
	wire := cable(t, u.Host)
	u.Host = wire.Addr().String()
	s, k := open(t, u.String(), people()), people()
	must(t, s.Insert(t.Context(), k, somebody("before")))

	for name, state := range map[string]int{"cut": cut, "silent": silent} {
		wire.set(state)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if err := s.Insert(ctx, k, somebody(name)); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("insert over a line that is %s: %v", name, err)
		}
		cancel()
		wire.set(whole)
		ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
		for err = errors.New("not tried"); err != nil && ctx.Err() == nil; {
			err = s.Insert(ctx, k, somebody("after "+name))
		}
		if err != nil {
			t.Errorf("five seconds after the line was %s: %v", name, err)
		}
		cancel()
	}
}

// line is a proxy that can be cut or fall silent.
type line struct {
	net.Listener
	mu    sync.Mutex
	state int
	turn  chan struct{} // closed when the state changes
	conns map[net.Conn]bool
}

const (
	whole = iota
	cut
	silent
)

func cable(t *testing.T, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	l := &line{Listener: listener, turn: make(chan struct{}), conns: map[net.Conn]bool{}}
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			if state, _ := l.now(); state == cut {
				from.Close()
				continue
			}
			onward, err := net.Dial("tcp", to)
			if err != nil {
				from.Close()
				continue
			}
			go l.carry(onward, from)
			go l.carry(from, onward)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		l.set(cut)
	})
	return l
}

func (l *line) now() (state int, turn chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, l.turn
}

func (l *line) set(state int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = state
	close(l.turn)
	l.turn = make(chan struct{})
	if state == cut {
		for c := range l.conns {
			c.Close()
		}
		clear(l.conns)
	}
}

func (l *line) carry(to, from net.Conn) {
	l.mu.Lock()
	l.conns[to] = true
	l.mu.Unlock()
	defer to.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		for state, turn := l.now(); state == silent; state, turn = l.now() {
			<-turn
		}
		if _, werr := io.Copy(to, bytes.NewReader(buf[:n])); err != nil || werr != nil {
			return
		}
	}
}

// An upgrade that is cut off is gone on with at the next opening; an earlier release is refused from its beginning on.
func TestCutOffUpgrade(t *testing.T) {
	uri := mongotest.Start(t)
	const documents = 20
	s, err := mongodb.Open(t.Context(), uri, storetest.OldTerms())
	must(t, err)
	storetest.FillTerms(t, s, documents)
	must(t, s.Close())
	whole := storetest.Terms().Upgrade
	for n := range 3 {
		cut, done := storetest.Terms(), 0
		cut.Upgrade = func(doc any, from int) error {
			if done++; done > 4*n {
				return context.DeadlineExceeded
			}
			return whole(doc, from)
		}
		if _, err := mongodb.Open(t.Context(), uri, cut); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("an upgrade that failed ended with %v", err)
		}
		var p *store.Problem
		if _, err := mongodb.Open(t.Context(), uri, storetest.OldTerms()); !errors.As(err, &p) || p.Code != "store-newer" || p.Args[0] != store.Release {
			t.Errorf("an earlier release is told %v", err)
		}
	}
	storetest.WantTerms(t, open(t, uri, storetest.Terms()), documents)
}
