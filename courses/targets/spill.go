package targets

import (
	"bufio"
	"cmp"
	"container/heap"
	"encoding/gob"
	"errors"
	"io"
	"os"
	"slices"
)

// spillRows is how many rows are sorted in memory.
const spillRows = 5000

// spill sorts any number of rows in bounded memory: runs of them go to files without a name, which are merged at the
// end. T is a struct that gob can write.
type spill[T any] struct {
	dir     string // "" for the system's folder
	compare func(a, b T) int
	run     []T
	files   []*os.File
}

func (s *spill[T]) add(row T) error {
	s.run = append(s.run, row)
	if len(s.run) < spillRows {
		return nil
	}
	return s.flush()
}

// flush writes the rows in memory as a sorted run.
func (s *spill[T]) flush() error {
	slices.SortFunc(s.run, s.compare)
	f, err := os.CreateTemp(s.dir, "lopban-")
	if err != nil {
		return err
	}
	s.files = append(s.files, f)
	w := bufio.NewWriterSize(f, 64<<10)
	enc := gob.NewEncoder(w)
	for i := range s.run {
		if err := enc.Encode(&s.run[i]); err != nil {
			return err
		}
	}
	clear(s.run)
	s.run = s.run[:0]
	return w.Flush()
}

// each calls f with the rows in order. It may be called again.
func (s *spill[T]) each(f func(T) error) error {
	slices.SortFunc(s.run, s.compare)
	m := &merge[T]{compare: s.compare}
	rest := s.run
	if err := m.open(func() (row T, err error) {
		if len(rest) == 0 {
			return row, io.EOF
		}
		row, rest = rest[0], rest[1:]
		return row, nil
	}); err != nil {
		return err
	}
	for _, file := range s.files {
		dec := gob.NewDecoder(bufio.NewReaderSize(io.NewSectionReader(file, 0, 1<<62), 64<<10))
		if err := m.open(func() (row T, err error) { return row, dec.Decode(&row) }); err != nil {
			return err
		}
	}
	return m.each(f)
}

// close gives the files back.
func (s *spill[T]) close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close(), os.Remove(f.Name()))
	}
	s.files, s.run = nil, nil
	return errors.Join(errs...)
}

// merge is a heap of sorted runs, the one with the least next row first.
type merge[T any] struct {
	compare func(a, b T) int
	heads   []head[T]
}

type head[T any] struct {
	row  T
	next func() (T, error)
	run  int
}

func (m *merge[T]) open(next func() (T, error)) error {
	row, err := next()
	if err == io.EOF {
		return nil
	}
	m.heads = append(m.heads, head[T]{row, next, len(m.heads)})
	return err
}

func (m *merge[T]) each(f func(T) error) error {
	heap.Init(m)
	for len(m.heads) > 0 {
		least := &m.heads[0]
		if err := f(least.row); err != nil {
			return err
		}
		row, err := least.next()
		switch {
		case err == io.EOF:
			heap.Pop(m)
		case err != nil:
			return err
		default:
			least.row = row
			heap.Fix(m, 0)
		}
	}
	return nil
}

func (m *merge[T]) Len() int { return len(m.heads) }
func (m *merge[T]) Less(i, j int) bool {
	a, b := m.heads[i], m.heads[j]
	return cmp.Or(m.compare(a.row, b.row), a.run-b.run) < 0
}
func (m *merge[T]) Swap(i, j int) { m.heads[i], m.heads[j] = m.heads[j], m.heads[i] }
func (m *merge[T]) Push(x any)    { m.heads = append(m.heads, x.(head[T])) }
func (m *merge[T]) Pop() any {
	last := m.heads[len(m.heads)-1]
	m.heads = m.heads[:len(m.heads)-1]
	return last
}
