package server

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lopban/server/page"
)

// measure gives the metrics of the disk.
func (s *Server) measure() {
	gauge := func(name, help string, value func(page.Disk) uint64) {
		s.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 { return float64(value(s.Disk())) }))
	}
	gauge("lopban_disk_free_bytes", "Room that is left on the disk of the embedded store.", func(d page.Disk) uint64 { return d.Free })
	gauge("lopban_disk_bytes", "Size of the disk of the embedded store.", func(d page.Disk) uint64 { return d.All })
}

// watchDisk says in the log once an hour that the disk is low, until the context ends.
func (s *Server) watchDisk(ctx context.Context) {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if d := s.Disk(); d.Low {
			s.Log.Warn("the disk of the store is low", "free MiB", d.Free>>20, "of MiB", d.All>>20)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
