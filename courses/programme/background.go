package programme

import (
	"context"
	"sync"
)

// Background is the pieces of work that outlive the request which began them. Their context ends when the server stops,
// and stop waits for them.
type Background struct {
	mu      sync.Mutex
	ctx     context.Context
	cancel  context.CancelFunc
	stopped bool
	Running sync.WaitGroup
}

// Start runs the work unless the server is stopping.
func (j *Background) Start(work func(context.Context)) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stopped {
		return false
	}
	if j.ctx == nil {
		j.ctx, j.cancel = context.WithCancel(context.Background())
	}
	j.Running.Go(func() { work(j.ctx) })
	return true
}

func (j *Background) Stop() {
	j.mu.Lock()
	j.stopped = true
	if j.cancel != nil {
		j.cancel()
	}
	j.mu.Unlock()
	j.Running.Wait()
}
