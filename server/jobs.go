package server

import (
	"context"
	"sync"
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
