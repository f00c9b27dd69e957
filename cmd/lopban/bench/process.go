package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// child is the program as a process of its own, serving the store that was filled.
type child struct {
	cmd  *exec.Cmd
	addr string
	took time.Duration // from its start to its first page
}

const starts = 3

// process measures the program from outside: how long it takes to its first page, and its memory.
func (b *bench) process(ctx context.Context) error {
	var times []time.Duration
	for i := range starts {
		c, err := b.start(ctx)
		if err != nil {
			return err
		}
		times = append(times, c.took)
		if i == starts-1 {
			err = b.memory(c)
		}
		if err = errors.Join(err, c.end()); err != nil {
			return err
		}
	}
	b.addTimes(Row{Work: "start to first page", Clients: 1}, times, Goal{Median: 500 * time.Millisecond})
	return nil
}

func (b *bench) start(ctx context.Context) (*child, error) {
	path, err := b.Program, error(nil)
	if path == "" {
		if path, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	c := &child{cmd: exec.CommandContext(ctx, path, "serve", "--addr", "127.0.0.1:0")}
	// an address may hold a password, which a command line would show
	c.cmd.Env = append(os.Environ(), "LOPBAN_DATA="+b.place.Data, "LOPBAN_MONGODB="+b.place.Mongodb)
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(said), "ready http://")
	if err != nil || !ok {
		return nil, errors.Join(fmt.Errorf("it said %q", said), err, c.end())
	}
	c.addr = address
	l, err := Dial(c.addr)
	if err == nil {
		_, err = l.Want(200, HTTPGet("/", ""))
		c.took = time.Since(began)
		l.Conn.Close()
	}
	if err != nil {
		return nil, errors.Join(err, c.end())
	}
	return c, nil
}

func (c *child) end() error {
	if c.cmd.Process.Signal(syscall.SIGTERM) != nil { // not every system has it
		c.cmd.Process.Kill()
	}
	return c.cmd.Wait()
}

// memory measures the process at rest, and then with many clients who read and send facts.
func (b *bench) memory(c *child) error {
	pid := strconv.Itoa(c.cmd.Process.Pid)
	time.Sleep(b.Pace.Round)
	idle := ResidentMemory(pid)
	if idle == 0 { // the system does not say
		return nil
	}
	b.add(Row{Work: "memory of the process, idle", Bytes: idle}, Goal{Bytes: 60 << 20})
	peak, err := b.crowd(c, pid)
	if err != nil {
		return err
	}
	b.add(Row{Work: "memory of the process, busy", Clients: b.Pace.Crowd, Bytes: peak}, Goal{Bytes: 200 << 20})
	return nil
}

// crowd signs many people in, lets them read, and gives the most memory that the process had meanwhile.
func (b *bench) crowd(c *child, pid string) (int64, error) {
	lines, err := dialAll(c.addr, b.Pace.Crowd)
	defer hangUp(lines)
	if err != nil {
		return 0, err
	}
	people := b.learners(0, b.Pace.Crowd)
	var peak atomic.Int64
	_, err = strained(len(lines), time.Duration(b.Pace.Rounds)*b.Pace.Round, func(client int) error {
		m := people[client%len(people)]
		if client == 0 {
			peak.Store(max(peak.Load(), ResidentMemory(pid)))
		}
		if m.bearer == "" {
			return b.signInOne(lines[client], m)
		}
		for _, path := range []string{"/", "/courses", "/api/v1/courses"} {
			if _, err := lines[client].Want(200, HTTPGet(path, m.cookie)); err != nil {
				return err
			}
		}
		return nil
	})
	return peak.Load(), err
}

// ResidentMemory is what a process has in memory, in bytes; 0 where the system does not say.
func ResidentMemory(pid string) int64 {
	text, err := os.ReadFile("/proc/" + pid + "/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
