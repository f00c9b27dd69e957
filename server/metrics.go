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

// metrics counts what the server does. Labels are routes, statuses and kinds of fact: never an address, a person or a
// code.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	facts    *prometheus.CounterVec
	store    *prometheus.HistogramVec
	lost     *prometheus.CounterVec
}

// grouping is what the embedded store says of its group commit: how many writes wait, and how many were committed
// together since it was opened (the number of commits, the number of writes, and how many commits had at most so many
// writes).
type grouping interface {
	Queue() int
	Groups() (commits, writes uint64, atMost map[float64]uint64)
}

// groups gives Prometheus the sizes of commits.
type groups struct {
	grouping
	*prometheus.Desc
}

func (g groups) Describe(to chan<- *prometheus.Desc) { to <- g.Desc }

func (g groups) Collect(to chan<- prometheus.Metric) {
	commits, writes, atMost := g.Groups()
	to <- prometheus.MustNewConstHistogram(g.Desc, commits, float64(writes), atMost)
}

func newMetrics(st store.Store) metrics {
	m := metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "lopban_request_seconds", Help: "Time to answer a request.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}}, []string{"method", "route", "status"}),
		facts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lopban_facts_total", Help: "Facts by kind and receipt."}, []string{"kind", "state"}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "lopban_store_seconds", Help: "Time of a call of the store by verb and kind of document; of find, until the last document is taken.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .1, .5, 2.5}}, []string{"verb", "kind"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "lopban_store_unavailable_total", Help: "Calls that the store could not answer."}, []string{"verb", "kind"}),
	}
	m.registry.MustRegister(m.requests, m.facts, m.store, m.lost, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if g, ok := st.(grouping); ok {
		m.registry.MustRegister(groups{g, prometheus.NewDesc("lopban_store_group", "Writes that were committed together.", nil, nil)},
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "lopban_store_queue", Help: "Writes that wait for the next commit."}, func() float64 { return float64(g.Queue()) }))
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
	if kind != "completion" && kind != "attempt" && kind != "submission" {
		kind = "other"
	}
	m.facts.WithLabelValues(kind, r.State).Inc()
}

// Metrics answers Prometheus. It is for a port of its own, which visitors cannot reach.
func (s *Server) Metrics() http.Handler {
	return promhttp.HandlerFor(s.metrics.registry, promhttp.HandlerOpts{})
}
