package server

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"lopban/courses/problem"
	"lopban/courses/store"
)

// watched is a store whose calls are timed by verb and kind and, within a request that is traced, are spans of it. It
// names verbs and kinds, never a document.
type watched struct {
	store.Store
	seconds *prometheus.HistogramVec
	lost    *prometheus.CounterVec
	traced  bool
}

// Scrub is described at [store.Scrubber]; a store that is none has nothing to do.
func (w *watched) Scrub(ctx context.Context) error {
	if s, ok := w.Store.(store.Scrubber); ok {
		return s.Scrub(ctx)
	}
	return nil
}

// watch begins a call; what it gives ends it.
func (w *watched) watch(ctx context.Context, verb, kind string) (context.Context, func(error)) {
	began := time.Now()
	var span trace.Span
	if w.traced {
		if over := trace.SpanFromContext(ctx); over.IsRecording() {
			ctx, span = over.TracerProvider().Tracer(tracerName).Start(ctx, verb+" "+kind, trace.WithSpanKind(trace.SpanKindClient),
				trace.WithAttributes(attribute.String("db.operation.name", verb), attribute.String("db.collection.name", kind)))
		}
	}
	return ctx, func(err error) {
		w.seconds.WithLabelValues(verb, kind).Observe(time.Since(began).Seconds())
		lost := errors.Is(err, problem.ErrUnavailable)
		if lost {
			w.lost.WithLabelValues(verb, kind).Inc()
		}
		if span != nil {
			if lost {
				span.SetStatus(codes.Error, "unavailable")
			}
			span.End()
		}
	}
}

func (w *watched) Insert(ctx context.Context, k *store.Kind, docs ...any) (err error) {
	ctx, end := w.watch(ctx, "insert", k.Name)
	defer func() { end(err) }()
	return w.Store.Insert(ctx, k, docs...)
}

func (w *watched) Get(ctx context.Context, k *store.Kind, id string, doc any) (err error) {
	ctx, end := w.watch(ctx, "get", k.Name)
	defer func() { end(err) }()
	return w.Store.Get(ctx, k, id, doc)
}

func (w *watched) Update(ctx context.Context, k *store.Kind, id string, doc any, change func() error) (err error) {
	ctx, end := w.watch(ctx, "update", k.Name)
	defer func() { end(err) }()
	return w.Store.Update(ctx, k, id, doc, change)
}

func (w *watched) Delete(ctx context.Context, k *store.Kind, id string) (err error) {
	ctx, end := w.watch(ctx, "delete", k.Name)
	defer func() { end(err) }()
	return w.Store.Delete(ctx, k, id)
}

// Find counts the time of each too: the documents come as they are taken.
func (w *watched) Find(ctx context.Context, k *store.Kind, q store.Query, each func(store.Row) error) (err error) {
	ctx, end := w.watch(ctx, "find", k.Name)
	defer func() { end(err) }()
	return w.Store.Find(ctx, k, q, each)
}

func (w *watched) Count(ctx context.Context, k *store.Kind, q store.Query, by ...string) (groups []store.Group, err error) {
	ctx, end := w.watch(ctx, "count", k.Name)
	defer func() { end(err) }()
	return w.Store.Count(ctx, k, q, by...)
}

func (w *watched) PutBlob(ctx context.Context, name string, data []byte) (err error) {
	ctx, end := w.watch(ctx, "put", "blob")
	defer func() { end(err) }()
	return w.Store.PutBlob(ctx, name, data)
}

func (w *watched) DeleteBlob(ctx context.Context, name string) (err error) {
	ctx, end := w.watch(ctx, "delete", "blob")
	defer func() { end(err) }()
	return w.Store.DeleteBlob(ctx, name)
}

func (w *watched) Blob(ctx context.Context, name string) (data []byte, err error) {
	ctx, end := w.watch(ctx, "get", "blob")
	defer func() { end(err) }()
	return w.Store.Blob(ctx, name)
}
