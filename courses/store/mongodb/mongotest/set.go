package mongotest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Set is a replica set as a program sees it: three members that hold elections, before one FerretDB that has the data.
// A member says whether it is the primary and waits with that until it changes, refuses what is not its to do,
// interrupts what it was doing when it steps down, and answers a repeated write from memory. So a test meets what
// elections do to the driver and the program. What they do to data (rollback, members that lag) it does not meet: there
// is one copy.
type Set struct {
	URI string // of a database on it, with the program's own limits

	t       testing.TB
	server  string // the address of FerretDB
	members []net.Listener
	all     sync.WaitGroup

	mu      sync.Mutex
	turn    chan struct{} // closed when anything below changes
	changes int64
	term    byte
	wire    int32 // the newest that members speak
	primary int   // -1 for none
	down    [members]bool
	ended   bool
	fault   func(command, collection string) Fault
	watch   func(command bson.Raw)
	conns   map[net.Conn]int       // to members
	written map[string]*remembered // by session and number of the write
}

const (
	members = 3
	setName = "rs0"
)

// Fault is what happens to a command at the primary.
type Fault int

const (
	None        Fault = iota
	Held              // it is not begun until the faults change
	Unanswered        // it is done, and not answered until the faults change: no majority has it
	Unconfirmed       // it is done, and answered with a write concern error
	Lost              // it is done, and the connection is reset instead of an answer
	NotYet            // a read that no majority can promise yet, just after an election
)

// remembered is a write that may be asked for again.
type remembered struct {
	done  chan struct{}
	reply bson.Raw // nil when the server was lost
}

// StartSet starts a replica set before the FerretDB of [Start], with its first member as the primary, and ends it after
// the test. Against a real MongoDB the test is skipped: its elections are not the test's to hold.
func StartSet(t testing.TB) *Set {
	t.Helper()
	if Real() {
		t.Skip("the elections of another's MongoDB are not held")
	}
	u, err := url.Parse(Start(t))
	if err != nil {
		t.Fatal(err)
	}
	s := &Set{t: t, server: u.Host, turn: make(chan struct{}), term: 1, wire: 21, conns: map[net.Conn]int{}, written: map[string]*remembered{}}
	for range members {
		member, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s.members = append(s.members, member)
	}
	t.Cleanup(s.end)
	for i := range s.members {
		s.all.Go(func() { s.accept(i) })
	}
	s.URI = "mongodb://" + strings.Join(s.hosts(), ",") + u.Path + "?replicaSet=" + setName
	return s
}

func (s *Set) hosts() (hosts []string) {
	for _, m := range s.members {
		hosts = append(hosts, m.Addr().String())
	}
	return hosts
}

// change makes a change and tells everybody who waits for one.
func (s *Set) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	s.changes++
	close(s.turn)
	s.turn = make(chan struct{})
}

// StepDown makes the next member the primary: what the one before it was doing is interrupted.
func (s *Set) StepDown() {
	s.change(func() { s.term++; s.primary = (s.primary + 1) % members })
}

// Crash ends the primary with its connections. There is none until Elect.
func (s *Set) Crash() {
	s.change(func() {
		s.down[s.primary] = true
		for c, member := range s.conns {
			if member == s.primary {
				reset(c)
			}
		}
		s.primary = -1
	})
}

// Elect makes a member that was not down the primary, and lets the others come back as secondaries.
func (s *Set) Elect() {
	s.change(func() {
		s.term++
		s.primary = slices.Index(s.down[:], false)
		s.down = [members]bool{}
	})
}

// Meddle asks f, from now on, what happens to each command at the primary; nil for nothing. What was kept by the faults
// before goes on.
func (s *Set) Meddle(f func(command, collection string) Fault) {
	s.change(func() { s.fault = f })
}

// Watch calls f, from now on, with each command that a primary is asked to do, without the documents of a write.
func (s *Set) Watch(f func(command bson.Raw)) {
	s.change(func() { s.watch = f })
}

// Speak makes the members say, from now on, that this is the newest version of the protocol that they know: 8 is that
// of MongoDB 4.2, 21 that of 7.0.
func (s *Set) Speak(wire int32) { s.change(func() { s.wire = wire }) }

func (s *Set) end() {
	s.change(func() {
		s.ended, s.fault = true, nil
		for c := range s.conns {
			c.Close()
		}
	})
	for _, m := range s.members {
		m.Close()
	}
	s.all.Wait()
}

// now is how things stand for a member.
func (s *Set) now(member int) (primary bool, term byte, turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.primary == member, s.term, s.turn
}

func reset(c net.Conn) {
	c.(*net.TCPConn).SetLinger(0) // a reset, and not an orderly end
	c.Close()
}

func (s *Set) accept(member int) {
	for {
		c, err := s.members[member].Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		gone := s.down[member] || s.ended
		if !gone {
			s.conns[c] = member
		}
		s.mu.Unlock()
		if gone {
			reset(c)
			continue
		}
		s.all.Go(func() {
			defer func() {
				s.mu.Lock()
				delete(s.conns, c)
				s.mu.Unlock()
				c.Close()
			}()
			if err := s.serve(member, c); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, errLost) && !isNetwork(err) {
				s.t.Errorf("member %d: %v", member, err)
			}
		})
	}
}

func isNetwork(err error) bool {
	var lost net.Error
	return errors.As(err, &lost)
}

var errLost = errors.New("lost on purpose")

// serve answers the messages of a connection, one after the other.
func (s *Set) serve(member int, c net.Conn) error {
	server, err := net.Dial("tcp", s.server)
	if err != nil {
		return err
	}
	defer server.Close()
	for {
		m, err := readMessage(c)
		if err != nil {
			return err
		}
		reply, err := s.answer(member, m, server)
		if err != nil {
			if errors.Is(err, errLost) {
				reset(c)
			}
			return err
		}
		if _, err := c.Write(m.replied(reply)); err != nil {
			return err
		}
	}
}

func (s *Set) answer(member int, m *message, server net.Conn) (bson.Raw, error) {
	switch name := m.name(); strings.ToLower(name) {
	case "hello", "ismaster":
		return s.hello(member, m)
	case "ping", "endsessions":
		return bson.Marshal(bson.D{{Key: "ok", Value: 1.0}})
	}
	primary, term, _ := s.now(member)
	if !primary {
		return s.refusal(m, 10107, "NotWritablePrimary")
	}
	s.watched(m)
	fault := s.meddling(m)
	if fault == NotYet {
		return s.refusal(m, 134, "ReadConcernMajorityNotAvailableYet")
	}
	if fault == Held {
		s.wait(m)
	}
	reply, err := s.do(m, server)
	switch {
	case err != nil:
		return nil, err
	case fault == Unanswered:
		s.wait(m)
	case fault == Lost:
		return nil, errLost
	case fault == Unconfirmed:
		return appended(reply, bson.E{Key: "writeConcernError", Value: bson.D{{Key: "code", Value: int32(64)}, {Key: "codeName", Value: "WriteConcernTimeout"},
			{Key: "errmsg", Value: "waiting for replication timed out"}}})
	}
	if _, later, _ := s.now(member); later != term {
		return s.refusal(m, 11602, "InterruptedDueToReplStateChange")
	}
	return reply, nil
}

func (s *Set) watched(m *message) {
	s.mu.Lock()
	f := s.watch
	s.mu.Unlock()
	if f != nil {
		f(m.body)
	}
}

func (s *Set) meddling(m *message) Fault {
	s.mu.Lock()
	f := s.fault
	s.mu.Unlock()
	if f == nil {
		return None
	}
	return f(m.name(), m.collection())
}

// wait waits until the faults change so that this command is free.
func (s *Set) wait(m *message) {
	for {
		s.mu.Lock()
		turn := s.turn
		s.mu.Unlock()
		if f := s.meddling(m); f != Held && f != Unanswered {
			return
		}
		<-turn
	}
}

// do has the server do a command. A write that was done before, as the driver asks for after a lost answer, is answered
// from memory.
func (s *Set) do(m *message, server net.Conn) (bson.Raw, error) {
	key, repeatable := m.write()
	if !repeatable {
		return m.ask(server)
	}
	s.mu.Lock()
	r := s.written[key]
	first := r == nil
	if first {
		r = &remembered{done: make(chan struct{})}
		s.written[key] = r
	}
	s.mu.Unlock()
	if !first {
		<-r.done
		if r.reply == nil {
			return nil, errLost
		}
		return r.reply, nil
	}
	reply, err := m.ask(server)
	if err == nil {
		r.reply = reply
	}
	close(r.done)
	return reply, err
}

// hello says who the member is. A monitor that knows it waits for a change.
func (s *Set) hello(member int, m *message) (bson.Raw, error) {
	if known, ok := m.body.Lookup("topologyVersion", "counter").AsInt64OK(); ok {
		most, _ := m.body.Lookup("maxAwaitTimeMS").AsInt64OK()
		s.mu.Lock()
		changes, turn := s.changes, s.turn
		s.mu.Unlock()
		if known >= changes {
			select {
			case <-turn:
			case <-time.After(time.Duration(most) * time.Millisecond):
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	hosts := s.hosts()
	is := bson.D{
		{Key: "helloOk", Value: true}, {Key: "ismaster", Value: member == s.primary}, {Key: "isWritablePrimary", Value: member == s.primary}, {Key: "secondary", Value: member != s.primary},
		{Key: "setName", Value: setName}, {Key: "setVersion", Value: int32(1)}, {Key: "hosts", Value: hosts}, {Key: "me", Value: hosts[member]},
		{Key: "topologyVersion", Value: s.version(member)},
		{Key: "maxBsonObjectSize", Value: int32(16 << 20)}, {Key: "maxMessageSizeBytes", Value: int32(48_000_000)}, {Key: "maxWriteBatchSize", Value: int32(100_000)},
		{Key: "localTime", Value: time.Now()}, {Key: "logicalSessionTimeoutMinutes", Value: int32(30)},
		{Key: "minWireVersion", Value: int32(0)}, {Key: "maxWireVersion", Value: s.wire}, {Key: "ok", Value: 1.0},
	}
	if s.primary >= 0 {
		is = append(is, bson.E{Key: "primary", Value: hosts[s.primary]})
	}
	if s.primary == member {
		is = append(is, bson.E{Key: "electionId", Value: bson.ObjectID{11: s.term}})
	}
	return bson.Marshal(is)
}

// version counts what a member has said of itself. The lock is held.
func (s *Set) version(member int) bson.D {
	return bson.D{{Key: "processId", Value: bson.ObjectID{0: byte(member + 1)}}, {Key: "counter", Value: s.changes}}
}

// refusal is an error with what MongoDB says of one that a driver may repeat.
func (s *Set) refusal(m *message, code int32, name string) (bson.Raw, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: code}, {Key: "codeName", Value: name}, {Key: "errmsg", Value: name + " (by the test)"},
		{Key: "topologyVersion", Value: s.version(max(s.primary, 0))}}
	if _, repeatable := m.write(); repeatable {
		e = append(e, bson.E{Key: "errorLabels", Value: bson.A{"RetryableWriteError"}})
	}
	return bson.Marshal(e)
}

// message is a request: OP_MSG, or the OP_QUERY that begins every connection.
type message struct {
	id   uint32
	code uint32
	body bson.Raw
	rest []byte // the documents of a write, as they came
}

const (
	opReply = 1
	opQuery = 2004
	opMsg   = 2013
)

func readFrame(from io.Reader) (id, code uint32, payload []byte, err error) {
	var head [16]byte
	if _, err := io.ReadFull(from, head[:]); err != nil {
		return 0, 0, nil, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size < 16 || size > 48<<20 {
		return 0, 0, nil, fmt.Errorf("a message of %d bytes", size)
	}
	payload = make([]byte, size-16)
	_, err = io.ReadFull(from, payload)
	return binary.LittleEndian.Uint32(head[4:]), binary.LittleEndian.Uint32(head[12:]), payload, err
}

func frame(id, answers, code uint32, payload []byte) []byte {
	var head []byte
	for _, n := range []uint32{uint32(16 + len(payload)), id, answers, code} {
		head = binary.LittleEndian.AppendUint32(head, n)
	}
	return append(head, payload...)
}

func readMessage(from io.Reader) (*message, error) {
	m := &message{}
	var payload []byte
	var err error
	if m.id, m.code, payload, err = readFrame(from); err != nil {
		return nil, err
	}
	switch {
	case m.code == opQuery && len(payload) > 12: // flags, the collection's name, two numbers
		if name := slices.Index(payload[4:], 0); name >= 0 {
			m.body, m.rest, err = document(payload[min(len(payload), 4+name+1+8):])
			return m, err
		}
	case m.code == opMsg && len(payload) > 5 && payload[4] == 0:
		m.body, m.rest, err = document(payload[5:])
		return m, err
	}
	return nil, fmt.Errorf("a message of code %d that the test's replica set cannot read", m.code)
}

func document(b []byte) (doc bson.Raw, rest []byte, err error) {
	if len(b) < 5 {
		return nil, nil, io.ErrUnexpectedEOF
	}
	size := binary.LittleEndian.Uint32(b)
	if int(size) > len(b) {
		return nil, nil, io.ErrUnexpectedEOF
	}
	doc = bson.Raw(b[:size])
	return doc, b[size:], doc.Validate()
}

// name is the command.
func (m *message) name() string {
	if all, err := m.body.Elements(); err == nil && len(all) > 0 {
		return all[0].Key()
	}
	return ""
}

func (m *message) collection() string {
	name, _ := m.body.Lookup(m.name()).StringValueOK()
	return name
}

// write names a write that may be asked for again.
func (m *message) write() (key string, repeatable bool) {
	number := m.body.Lookup("txnNumber")
	return m.body.Lookup("lsid").String() + number.String(), number.Type != 0
}

// ask has the server answer, without what only members of a set know.
func (m *message) ask(server net.Conn) (bson.Raw, error) {
	all, err := m.body.Elements()
	if err != nil {
		return nil, err
	}
	var plain bson.D
	for _, e := range all {
		if !slices.Contains([]string{"lsid", "txnNumber", "$clusterTime"}, e.Key()) {
			plain = append(plain, bson.E{Key: e.Key(), Value: e.Value()})
		}
	}
	body, err := bson.Marshal(plain)
	if err != nil {
		return nil, err
	}
	if _, err := server.Write(frame(m.id, 0, opMsg, slices.Concat(make([]byte, 5), body, m.rest))); err != nil {
		return nil, err
	}
	_, _, payload, err := readFrame(server)
	if err != nil {
		return nil, err
	}
	if len(payload) < 5 {
		return nil, io.ErrUnexpectedEOF
	}
	reply, _, err := document(payload[5:])
	return reply, err
}

// replied is the answer as it is sent.
func (m *message) replied(reply bson.Raw) []byte {
	if m.code == opQuery { // flags, a cursor, where it begins, how many
		return frame(m.id, m.id, opReply, slices.Concat(make([]byte, 16), []byte{1, 0, 0, 0}, reply))
	}
	return frame(m.id, m.id, opMsg, slices.Concat(make([]byte, 5), reply))
}

// appended is a document with one more field.
func appended(doc bson.Raw, e bson.E) (bson.Raw, error) {
	var d bson.D
	if err := bson.Unmarshal(doc, &d); err != nil {
		return nil, err
	}
	return bson.Marshal(append(d, e))
}
