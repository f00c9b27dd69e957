package roster

import (
	"context"
	"slices"
	"sync"
	"time"

	"lopban/courses/store"
)

// Entries tells the ids under which a person has facts. It is asked on every page of a learner and there are few
// entries that were joined, so they are remembered; what another process joins is known within half a minute.
type Entries struct {
	Store store.Store
	Now   func() time.Time

	mu   sync.RWMutex
	also map[string][]string // by the entry that is kept
	at   time.Time
}

const joinsLife = 30 * time.Second

// Of lists the ids of a person, their own first.
func (j *Entries) Of(ctx context.Context, person string) ([]string, error) {
	j.mu.RLock()
	also, fresh := j.also[person], j.also != nil && j.Now().Sub(j.at).Abs() < joinsLife
	j.mu.RUnlock()
	if !fresh {
		all, err := j.read(ctx)
		if err != nil {
			return nil, err
		}
		also = all[person]
	}
	return append([]string{person}, also...), nil
}

// Forget drops what is remembered, after this process joined or parted entries.
func (j *Entries) Forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.also = nil
}

func (j *Entries) read(ctx context.Context) (map[string][]string, error) {
	at := j.Now()
	into := map[string]string{}
	err := store.Each(ctx, j.Store, PersonKind, store.Where(store.More("into", "")).By("into"), func(p Person) error { into[p.ID] = p.Into; return nil })
	if err != nil {
		return nil, err
	}
	also := map[string][]string{}
	for gone := range into {
		kept := into[gone]
		for n := 0; into[kept] != "" && n < 10; n++ {
			kept = into[kept]
		}
		also[kept] = append(also[kept], gone)
	}
	for kept := range also {
		slices.Sort(also[kept])
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.also, j.at = also, at
	return also, nil
}
