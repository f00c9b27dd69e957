package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// connection is one to a server that stays open. It costs the measuring side little: a request is bytes that were
// made before, and of an answer only its status and length are read.
type connection struct {
	Conn net.Conn
	buf  []byte
}

// answer is what came back, head and body as they were on the wire. It is good until its next request.
type answer struct {
	status     int
	Head, Body []byte
}

func Dial(addr string) (*connection, error) {
	conn, err := net.Dial("tcp", addr)
	return &connection{Conn: conn, buf: make([]byte, 64<<10)}, err
}

func dialAll(addr string, n int) ([]*connection, error) {
	lines := make([]*connection, n)
	for i := range lines {
		var err error
		if lines[i], err = Dial(addr); err != nil {
			return lines[:i], err
		}
	}
	return lines, nil
}

func hangUp(lines []*connection) {
	for _, l := range lines {
		l.Conn.Close()
	}
}

var (
	headEnd  = []byte("\r\n\r\n")
	lengthIs = []byte("\r\nContent-Length: ")
)

// ask sends a request and reads the answer to it, which must tell its length.
func (l *connection) ask(request []byte) (answer, error) {
	if _, err := l.Conn.Write(request); err != nil {
		return answer{}, err
	}
	have, end := 0, -1
	for end < 0 {
		n, err := l.more(have)
		if err != nil {
			return answer{}, err
		}
		have += n
		end = bytes.Index(l.buf[:have], headEnd)
	}
	end += len(headEnd)
	status, length, err := readHead(l.buf[:end])
	if err != nil {
		return answer{}, err
	}
	for have < end+length {
		n, err := l.more(have)
		if err != nil {
			return answer{}, err
		}
		have += n
	}
	return answer{status, l.buf[:end], l.buf[end : end+length]}, nil
}

// more reads behind what is there, in a longer buffer when this one is full.
func (l *connection) more(have int) (int, error) {
	if have == len(l.buf) {
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	return l.Conn.Read(l.buf[have:])
}

func readHead(head []byte) (status, length int, err error) {
	if len(head) < len("HTTP/1.1 200") {
		return 0, 0, io.ErrUnexpectedEOF
	}
	if status, err = strconv.Atoi(string(head[9:12])); err != nil {
		return 0, 0, fmt.Errorf("an answer that begins %q", head[:12])
	}
	_, rest, ok := bytes.Cut(head, lengthIs)
	if !ok {
		if status == 204 || status == 304 {
			return status, 0, nil
		}
		return 0, 0, errors.New("an answer without its length")
	}
	digits, _, _ := bytes.Cut(rest, []byte("\r\n"))
	length, err = strconv.Atoi(string(digits))
	return status, length, err
}

// Want is ask for an answer with this status.
func (l *connection) Want(status int, request []byte) (answer, error) {
	a, err := l.ask(request)
	if err == nil && a.status != status {
		err = fmt.Errorf("status %d, want %d, to %.200q: %.500q", a.status, status, request, a.Body)
	}
	return a, err
}

// HTTPGet writes a request for a page or, with a body, one that sends JSON. Each header ends with CR LF.
func HTTPGet(path, headers string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip, deflate, br\r\n" + headers + "\r\n")
}

// unpacked asks for an answer as text.
func unpacked(request []byte) []byte {
	return bytes.Replace(request, []byte("gzip, deflate, br"), []byte("identity"), 1)
}

func httpPost(path, headers string, body []byte) []byte {
	return append(fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n", path, len(body), headers), body...)
}

// errUsedUp ends a client that has nothing more to send.
var errUsedUp = errors.New("used up")

// strain is how long each of many calls took, and all of them together.
type strain struct {
	times []time.Duration
	took  time.Duration
}

// strained lets so many clients call at once, each one call after the other, for this long.
func strained(clients int, d time.Duration, call func(client int) error) (strain, error) {
	var all sync.WaitGroup
	times, errs := make([][]time.Duration, clients), make([]error, clients)
	began := time.Now()
	for i := range clients {
		all.Go(func() {
			for last := began; last.Sub(began) < d; {
				before := time.Now()
				if errs[i] = call(i); errs[i] != nil {
					return
				}
				last = time.Now()
				times[i] = append(times[i], last.Sub(before))
			}
		})
	}
	all.Wait()
	s := strain{slices.Concat(times...), time.Since(began)}
	for _, err := range errs {
		if err != nil && !errors.Is(err, errUsedUp) {
			return s, err
		}
	}
	if len(s.times) == 0 {
		return s, errUsedUp
	}
	return s, nil
}

func (s strain) perSecond() float64 { return float64(len(s.times)) / s.took.Seconds() }

// pair is a work and its bare limit, measured by turns so that whatever else the machine does slows both.
type pair struct {
	ours, bare []strain
}

// paired measures rounds of a work and its limit. What is used up ends the rounds early, but not before the first.
func paired(rounds, clients int, d time.Duration, ours, bare func(client int) error) (pair, error) {
	var p pair
	for i := range rounds {
		o, b, err := turn(i%2 == 1, clients, d, ours, bare)
		if errors.Is(err, errUsedUp) && i > 0 {
			break
		}
		if err != nil {
			return p, err
		}
		p.ours, p.bare = append(p.ours, o), append(p.bare, b)
	}
	return p, nil
}

func turn(bareFirst bool, clients int, d time.Duration, ours, bare func(client int) error) (o, b strain, err error) {
	if bareFirst {
		if b, err = strained(clients, d, bare); err != nil {
			return o, b, err
		}
	}
	if o, err = strained(clients, d, ours); err != nil || bareFirst {
		return o, b, err
	}
	b, err = strained(clients, d, bare)
	return o, b, err
}

// rates are the medians of the rounds' rates, and of their ratios; typical takes the rate at which a round's median
// call would go on.
func (p pair) rates(typical bool) (ours, bare, ratio float64) {
	rate := strain.perSecond
	if typical {
		rate = func(s strain) float64 { return 1 / quantile(s.times, 0.5).Seconds() }
	}
	var os, bs, rs []float64
	for i := range p.ours {
		o, b := rate(p.ours[i]), rate(p.bare[i])
		os, bs, rs = append(os, o), append(bs, b), append(rs, o/b)
	}
	return median(os), median(bs), median(rs)
}

// times are those of all rounds of the work itself.
func (p pair) times() []time.Duration {
	var all []time.Duration
	for _, s := range p.ours {
		all = append(all, s.times...)
	}
	return all
}

func median(v []float64) float64 {
	slices.Sort(v)
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// quantile is the time within which this share of the calls was answered.
func quantile(times []time.Duration, share float64) time.Duration {
	slices.Sort(times)
	return times[min(int(share*float64(len(times))), len(times)-1)]
}
