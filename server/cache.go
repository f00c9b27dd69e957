package server

import "sync"

// cacheSize is how many values a cache holds: more than a year's course versions have lessons.
const cacheSize = 2000

// cache keeps values that never change once made. When it is full it starts again: nothing is lost but time.
type cache[V any] struct {
	mu     sync.RWMutex
	values map[string]V
}

func (c *cache[V]) get(key string, build func() V) V {
	c.mu.RLock()
	v, ok := c.values[key]
	c.mu.RUnlock()
	if ok {
		return v
	}
	v = build()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.values == nil || len(c.values) >= cacheSize {
		c.values = map[string]V{}
	}
	c.values[key] = v
	return v
}
