package mongodb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"lopban/courses/problem"
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

// Whatever keeps the database from being opened is named, and never with the password.
func TestOpenRefuses(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	gone := nobody.Addr().String()
	must(t, nobody.Close())
	plain := strings.TrimPrefix(strings.Split(mongotest.Start(t), "/lopban")[0], "mongodb://")
	for name, c := range map[string]struct {
		uri   string
		kind  error
		code  string
		cause string // in the last argument
	}{
		"another database":         {"postgres://user:secret@localhost/x", problem.ErrInvalid, "store-address", "scheme"},
		"a missing certificate":    {"mongodb://user:secret@" + gone + "/x?tlsCAFile=/nowhere/ca.pem", problem.ErrInvalid, "store-address", "/nowhere/ca.pem"},
		"a password with a %":      {"mongodb://user:secret%zz@" + gone + "/x", problem.ErrInvalid, "store-address", "invalid password"},
		"nobody there":             {"mongodb://user:secret@" + gone + "/x?serverSelectionTimeoutMS=600", problem.ErrUnavailable, "store-unreachable", "refused"},
		"TLS on one side":          {"mongodb://" + plain + "/x?tls=true&serverSelectionTimeoutMS=600", problem.ErrUnavailable, "store-unreachable", "EOF"},
		"a wrong password":         {"mongodb://user:secret@" + plain + "/x?authSource=admin&serverSelectionTimeoutMS=600", problem.ErrUnavailable, "store-unreachable", "auth"},
		"a replica set unheard of": {"mongodb://" + plain + "/x?replicaSet=rs9&serverSelectionTimeoutMS=600", problem.ErrUnavailable, "store-unreachable", `"rs9"`},
	} {
		if strings.Contains(c.uri, plain) && mongotest.Real() {
			continue // another's server may have either
		}
		_, err := mongodb.Open(t.Context(), c.uri)
		var p *problem.Problem
		if !errors.As(err, &p) || p.Kind != c.kind || p.Code != c.code || strings.Contains(err.Error(), "secret") || !strings.Contains(fmt.Sprint(p.Args[len(p.Args)-1]), c.cause) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server older than the driver speaks with is told by the versions of both.
func TestOpenRefusesAnOldServer(t *testing.T) {
	set := mongotest.StartSet(t)
	set.Speak(8) // MongoDB 4.2
	_, err := mongodb.Open(t.Context(), set.URI+"&serverSelectionTimeoutMS=600")
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != "store-unreachable" || !strings.Contains(fmt.Sprint(p.Args[len(p.Args)-1]), "MongoDB 4.4") {
		t.Errorf("%v", err)
	}
	set.Speak(9) // 4.4
	open(t, set.URI)
}

// direct is the database itself, past the store.
func direct(t *testing.T, uri string) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	must(t, err)
	t.Cleanup(func() { client.Disconnect(context.Background()) })
	u, err := url.Parse(uri)
	must(t, err)
	return client.Database(strings.Trim(u.Path, "/"))
}

// The blobs of release 0.1.0, files of GridFS with a name beside them, are read; what its uploads left without a name
// is removed when the database is first opened, and never served. That release may not open it any more.
func TestBlobsOfRelease010(t *testing.T) {
	uri := mongotest.Start(t)
	db := direct(t, uri)
	bucket := db.GridFSBucket(options.GridFSBucket().SetName("_blob"))
	upload := func(text string) bson.ObjectID {
		id, err := bucket.UploadFromStream(t.Context(), "paper", strings.NewReader(text))
		must(t, err)
		return id
	}
	whole := upload("%PDF of 0.1.0")
	_, err := db.Collection("_blob.names").InsertOne(t.Context(), bson.D{{Key: "_id", Value: "old"}, {Key: "file", Value: whole}})
	must(t, err)
	upload("all there, but without its name")
	_, err = db.Collection("_blob.chunks").InsertOne(t.Context(), bson.D{{Key: "files_id", Value: bson.NewObjectID()}, {Key: "n", Value: 0}, {Key: "data", Value: []byte("cut off")}})
	must(t, err)

	s := open(t, uri, people())
	if data, err := s.Blob(t.Context(), "old"); err != nil || string(data) != "%PDF of 0.1.0" {
		t.Errorf("the old blob is %q, %v", data, err)
	}
	if data, err := s.Blob(t.Context(), "paper"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("an unfinished blob is %q, %v", data, err)
	}
	must(t, s.PutBlob(t.Context(), "paper", []byte("%PDF")))
	if err := s.PutBlob(t.Context(), "old", []byte("%PDF")); !errors.Is(err, problem.ErrExists) {
		t.Errorf("the old name is given again: %v", err)
	}
	var names []string
	must(t, s.Blobs(t.Context(), func(name string) error { names = append(names, name); return nil }))
	if strings.Join(names, " ") != "old paper" {
		t.Errorf("the blobs are %v", names)
	}
	for name, want := range map[string]int64{"_blob.files": 1, "_blob.chunks": 1} {
		if n, err := db.Collection(name).CountDocuments(t.Context(), bson.D{}); err != nil || n != want {
			t.Errorf("%s has %d documents (%v), want %d", name, n, err, want)
		}
	}
	cursor, err := db.Collection("_kind").Find(t.Context(), bson.D{})
	must(t, err)
	var had []store.Opened
	must(t, cursor.All(t.Context(), &had))
	for i := range had {
		if had[i].Kind == "_blob" {
			had[i].Release = "99.0.0" // as this one looks to 0.1.0
		}
	}
	if err := store.CheckRelease(had, []*store.Kind{people()}); !errors.Is(err, problem.ErrUnavailable) {
		t.Errorf("an earlier release may open it: %v", err)
	}
}

// A blob takes about its own bytes while it is written, however small, and one that no document holds is refused before
// it is sent.
func TestBlobsTakeLittleMemory(t *testing.T) {
	s := open(t, mongotest.Start(t))
	photo := bytes.Repeat([]byte("chàm"), 10_000)
	must(t, s.PutBlob(t.Context(), "first", photo))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var all sync.WaitGroup
	const photos = 16
	for i := range photos {
		all.Go(func() {
			if err := s.PutBlob(t.Context(), fmt.Sprint(i), photo); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > photos*1<<20 {
		t.Errorf("%d blobs of %d bytes took %d MiB", photos, len(photo), took>>20)
	}
	large := make([]byte, 12<<20)
	must(t, s.PutBlob(t.Context(), "large", large))
	if data, err := s.Blob(t.Context(), "large"); err != nil || len(data) != len(large) {
		t.Errorf("a blob of 12 MiB came back with %d bytes, %v", len(data), err)
	}
	if err := s.PutBlob(t.Context(), "too large", make([]byte, 16<<20)); !errors.Is(err, problem.ErrInvalid) {
		t.Errorf("a blob of 16 MiB: %v", err)
	}
}

// Where the network falls silent within a Find, the end comes when the time for an answer is over, once: as when the
// first answer does not come, and not a second time for taking leave of the cursor.
func TestSilenceWithinAFind(t *testing.T) {
	set, k := mongotest.StartSet(t), people()
	s := open(t, set.URI+"&timeoutMS=1500", k)
	for i := range 3 {
		var some []any
		for n := range 100 {
			some = append(some, somebody(fmt.Sprint(i, "-", n)))
		}
		must(t, s.Insert(t.Context(), k, some...))
	}
	set.Meddle(func(command, _ string) mongotest.Fault {
		if command == "find" {
			return mongotest.Held
		}
		return mongotest.None
	})
	began, read := time.Now(), 0
	err := s.Find(t.Context(), k, store.Query{}, func(store.Row) error { return nil })
	once := time.Since(began) // the control
	if !errors.Is(err, problem.ErrUnavailable) {
		t.Fatalf("a find that is never answered: %v", err)
	}
	for try := 0; read == 0 && try < 20; try++ { // a slow machine may not answer the find itself in time
		set.Meddle(nil)
		err = s.Find(t.Context(), k, store.Query{}, func(store.Row) error {
			if read++; read == 1 {
				set.Meddle(func(command, _ string) mongotest.Fault {
					if command == "getMore" || command == "killCursors" {
						return mongotest.Held
					}
					return mongotest.None
				})
				began = time.Now()
			}
			return nil
		})
	}
	if read == 0 {
		t.Fatalf("no document came: %v", err)
	}
	if took := time.Since(began); !errors.Is(err, problem.ErrUnavailable) || took > once+1200*time.Millisecond {
		t.Errorf("after %d documents and %v: %v", read, took, err)
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
	if _, err := mongodb.Open(t.Context(), uri, &store.Kind{Name: "person", Schema: 1, Indexes: indexes}); !errors.Is(err, problem.ErrInvalid) {
		t.Errorf("opened with new fields and no Doc: %v", err)
	}
	operators := mongo.IndexModel{Keys: bson.D{{Key: "doc.province", Value: 1}}}
	_, err := direct(t, uri).Collection("person").Indexes().CreateOne(t.Context(), operators)
	must(t, err)
	k := &store.Kind{Name: "person", Schema: 2, Doc: person{}, Indexes: indexes}
	s = open(t, uri, k)
	specs, err := direct(t, uri).Collection("person").Indexes().ListSpecifications(t.Context())
	must(t, err)
	var names []string
	for _, spec := range specs {
		names = append(names, spec.Name)
	}
	if slices.Sort(names); !slices.Equal(names, []string{"_id_", "doc.province_1", "province.until", "rank"}) {
		t.Errorf("the indexes are %q: those that are declared, and an operator's", names)
	}
	for _, c := range []store.Cond{store.Is("rank", 0), store.Is("until", time.Time{})} {
		found, err := store.All[person](t.Context(), s, k, store.Where(c))
		if err != nil || len(found) != 2 || found[1].Province != "15" {
			t.Errorf("%+v finds %+v, %v", c, found, err)
		}
	}
}

// What no majority can promise yet is asked for again, with a rest in between, until the time is over.
func TestRefusedReadsAreRepeatedWithARest(t *testing.T) {
	set, k := mongotest.StartSet(t), people()
	s := open(t, set.URI, k)
	must(t, s.Insert(t.Context(), k, somebody("a")))
	var asked atomic.Int64
	set.Meddle(func(command, _ string) mongotest.Fault {
		if command != "find" {
			return mongotest.None
		}
		asked.Add(1)
		return mongotest.NotYet
	})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := s.Get(ctx, k, "a", &person{}); !errors.Is(err, problem.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if n := asked.Load(); n < 2 || n > 125 {
		t.Errorf("it was asked for %d times", n)
	}
	set.Meddle(nil)
	must(t, s.Get(t.Context(), k, "a", &person{}))
}

// What a document would be refused for takes no other with it, and it is named.
func TestADocumentThatIsTooLarge(t *testing.T) {
	type page struct {
		ID   string `json:"id"`
		Text string `json:"text"`
	}
	k := &store.Kind{Name: "page", Schema: 1, Doc: page{}}
	s := open(t, mongotest.Start(t), k)
	err := s.Insert(t.Context(), k, &page{"small", ""}, &page{"vast", strings.Repeat("a", 16<<20)})
	if !errors.Is(err, problem.ErrInvalid) || !strings.Contains(err.Error(), "page vast") {
		t.Errorf("%v", err)
	}
	if err := s.Get(t.Context(), k, "small", &page{}); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("half of it was inserted: %v", err)
	}
}

// An index counts once a majority has it: a member that is down holds no start up. Whoever changes a document reads
// what the primary has, because the write decides; whoever only reads it reads what a majority has.
func TestWhatTheSetIsAskedFor(t *testing.T) {
	set, k := mongotest.StartSet(t), people()
	var mu sync.Mutex
	asked := map[string][]string{}
	set.Watch(func(command bson.Raw) {
		mu.Lock()
		defer mu.Unlock()
		all, _ := command.Elements()
		if of, _ := all[0].Value().StringValueOK(); of != k.Name {
			return
		}
		level, _ := command.Lookup("readConcern", "level").StringValueOK()
		quorum, _ := command.Lookup("commitQuorum").StringValueOK()
		asked[all[0].Key()] = append(asked[all[0].Key()], level+quorum)
	})
	s := open(t, set.URI, k)
	must(t, s.Insert(t.Context(), k, somebody("a")))
	mu.Lock()
	if quorums := asked["createIndexes"]; !slices.Equal(quorums, []string{"majority", "majority"}) {
		t.Errorf("indexes count by %q", quorums)
	}
	clear(asked)
	mu.Unlock()
	must(t, s.Get(t.Context(), k, "a", &person{}))
	must(t, s.Update(t.Context(), k, "a", &person{}, func() error { return nil }))
	mu.Lock()
	defer mu.Unlock()
	if reads := asked["find"]; !slices.Equal(reads, []string{"majority", "local"}) {
		t.Errorf("to read and to change it is read by %q", reads)
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
				if err != nil && !errors.Is(err, problem.ErrExists) {
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
		if err := s.Insert(ctx, k, somebody(name)); !errors.Is(err, problem.ErrUnavailable) {
			t.Errorf("insert over a line that is %s: %v", name, err)
		}
		cancel()
		wire.set(whole)
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		for err = errors.New("not tried"); err != nil && ctx.Err() == nil; {
			err = s.Insert(ctx, k, somebody("after "+name))
		}
		if err != nil {
			t.Errorf("a minute after the line was %s: %v", name, err)
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
		var p *problem.Problem
		if _, err := mongodb.Open(t.Context(), uri, storetest.OldTerms()); !errors.As(err, &p) || p.Code != "store-newer" || p.Args[0] != store.Release {
			t.Errorf("an earlier release is told %v", err)
		}
	}
	storetest.WantTerms(t, open(t, uri, storetest.Terms()), documents)
}

// A program of an earlier release that still runs while a later one opens the database cannot change or read what that
// one has written, and within two seconds writes nothing at all. What it inserted before that is read in the shape of
// now.
func TestAnEarlierReleaseStopsWriting(t *testing.T) {
	uri := mongotest.Start(t)
	k := func(schema int) *store.Kind {
		return &store.Kind{Name: "person", Schema: schema, Doc: person{}, Indexes: [][]string{{"province"}, {"rank"}}, Upgrade: func(doc any, from int) error {
			doc.(*person).Rank += 10 * (schema - from)
			return nil
		}}
	}
	old := open(t, uri, k(1))
	must(t, old.Insert(t.Context(), k(1), somebody("a")))
	now := open(t, uri, k(2))

	must(t, old.Insert(t.Context(), k(1), somebody("late")))
	for id, want := range map[string]int{"a": 10, "late": 10} {
		if p, err := store.Get[person](t.Context(), now, k(2), id); err != nil || p.Rank != want {
			t.Errorf("%s is %+v, %v", id, p, err)
		}
	}
	all, err := store.All[person](t.Context(), now, k(2), store.Query{})
	if err != nil || len(all) != 2 || all[0].Rank != 10 || all[1].Rank != 10 {
		t.Errorf("all are %+v, %v", all, err)
	}
	must(t, now.Update(t.Context(), k(2), "late", &person{}, func() error { return nil }))
	refused := func(what string, err error) {
		t.Helper()
		var told *problem.Problem
		if !errors.As(err, &told) || told.Code != "store-newer" || told.Kind != problem.ErrUnavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("an update of what is newer", old.Update(t.Context(), k(1), "late", &person{}, func() error { t.Error("it is read as an older one"); return nil }))
	refused("a reading of what is newer", old.Get(t.Context(), k(1), "late", &person{}))
	old.LookAgain()
	refused("an insert", old.Insert(t.Context(), k(1), somebody("b")))
	refused("a deletion", old.Delete(t.Context(), k(1), "a"))
	refused("a blob", old.PutBlob(t.Context(), "blob", []byte("x")))
	must(t, now.Insert(t.Context(), k(2), somebody("b")))
}
