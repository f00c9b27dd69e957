package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"lopban/courses"
	"lopban/courses/store"
)

// metrics counts what the server does. Labels are routes, statuses and kinds of fact: never an address, a person or a code.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	facts    *prometheus.CounterVec
}

// queue is what the embedded store says of its group commit.
type queue interface{ Queue() int }

func newMetrics(st store.Store) metrics {
	m := metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "lopban_request_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"method", "route", "status"}),
		facts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lopban_facts_total", Help: "Facts by kind and receipt."}, []string{"kind", "state"}),
	}
	m.registry.MustRegister(m.requests, m.facts, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if q, ok := st.(queue); ok {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lopban_store_queue", Help: "Writes that wait for the next commit."},
			func() float64 { return float64(q.Queue()) }))
	}
	return m
}

// request counts an answered request under its route's pattern.
func (m metrics) request(c *fiber.Ctx, took time.Duration) {
	m.requests.WithLabelValues(c.Method(), c.Route().Path, strconv.Itoa(c.Response().StatusCode())).Observe(took.Seconds())
}

// fact counts a receipt. A kind that does not exist is not a label: anybody could make one up.
func (m metrics) fact(f courses.Fact, r courses.Receipt) {
	kind := f.Kind
	if kind != "completion" && kind != "attempt" {
		kind = "other"
	}
	m.facts.WithLabelValues(kind, r.State).Inc()
}

// Metrics answers Prometheus. It is for a port of its own, which visitors cannot reach.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
}
