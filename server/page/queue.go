package page

import (
	"context"
	"strings"
	"time"

	"lopban/courses"
	"lopban/courses/roster"
)

// WaitingRow is somebody's work in the queue.
type WaitingRow struct {
	Task   courses.Task
	Person roster.Person
	Title  courses.Text // of the course
	Place  string
	Waited int // whole days
}

// Address leads to the work.
func (r WaitingRow) Address() string { return "/practice/" + WorkAddress(r.Task.Submission) }

// Queue lists the work that waits for one of the account's reviews, what has waited longest first. An account that
// reviews nothing has an empty one. The people are looked up as they are now: who has moved is reviewed in the province
// they are in.
func (s *Site) Queue(ctx context.Context, a roster.Account) ([]WaitingRow, error) {
	if !roster.MayTeach(a, a.Province) {
		return nil, nil
	}
	tasks, err := s.School.Waiting(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(tasks))
	for i, t := range tasks {
		ids[i] = t.Person
	}
	people, err := s.Roll.KeptOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	var rows []WaitingRow
	for _, t := range tasks {
		p, ok := people[t.Person]
		if !ok || !roster.MayTeach(a, p.Province) || p.ID == a.ID {
			continue
		}
		rows = append(rows, WaitingRow{Task: t, Person: p, Waited: int(s.Now().Sub(t.Since) / (24 * time.Hour))})
	}
	return rows, nil
}

// Waiting is how long the account's queue is.
func (s *Site) Waiting(ctx context.Context, a roster.Account) (int, error) {
	rows, err := s.Queue(ctx, a)
	return len(rows), err
}

// WorkAddress is how a submission stands in an address: a person's id has no point, and no sender's id has one.
func WorkAddress(id string) string { return strings.Replace(id, "/", ".", 1) }

// WorkID is the submission of an address.
func WorkID(address string) string { return strings.Replace(address, ".", "/", 1) }
