package server

import (
	"context"
	"sync"
	"time"
)

// jobs are pieces of work that outlive the request which began them. Their context ends when the server stops, and stop waits for them.
type jobs struct {
	mu      sync.Mutex
	ctx     context.Context
	cancel  context.CancelFunc
	stopped bool
	running sync.WaitGroup
}

// start runs the work unless the server is stopping.
func (j *jobs) start(work func(context.Context)) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stopped {
		return false
	}
	if j.ctx == nil {
		j.ctx, j.cancel = context.WithCancel(context.Background())
	}
	j.running.Go(func() { work(j.ctx) })
	return true
}

func (j *jobs) stop() {
	j.mu.Lock()
	j.stopped = true
	if j.cancel != nil {
		j.cancel()
	}
	j.mu.Unlock()
	j.running.Wait()
}

// tidyEvery is how often what has had its time is removed.
const tidyEvery = time.Hour

// tidy removes sessions that ended and spreadsheets that nobody imported, until the context ends.
func (s *Server) tidy(ctx context.Context) {
	for {
		if _, err := s.sessions.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("sessions not removed", "error", err.Error())
		}
		if err := s.sweepUploads(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("uploads not removed", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tidyEvery):
		}
	}
}
