package server

import "sync"

// jobs are pieces of work that outlive the request which began them. Stop waits for those under way.
type jobs struct {
	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup
}

// start runs the work unless the server is stopping.
func (j *jobs) start(work func()) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stopped {
		return false
	}
	j.running.Go(work)
	return true
}

func (j *jobs) stop() {
	j.mu.Lock()
	j.stopped = true
	j.mu.Unlock()
	j.running.Wait()
}
