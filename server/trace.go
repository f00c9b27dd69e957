package server

import (
	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"lopban/server/page"
)

const tracerName = "lopban"

// trace begins the span of a request, under that of its caller where it names one; what it gives ends the span, with
// the route as its name. A span says the method, the route's pattern, the status and the request's id: no address,
// path, query or person. Without a collector it does nothing.
func (s *Server) trace(c *fiber.Ctx) (end func()) {
	if s.tracer == nil {
		return func() {}
	}
	ctx := propagation.TraceContext{}.Extract(c.UserContext(), propagation.MapCarrier{"traceparent": c.Get("traceparent")})
	ctx, span := s.tracer.Start(ctx, c.Method(), trace.WithSpanKind(trace.SpanKindServer))
	c.SetUserContext(ctx)
	return func() {
		status, route := c.Response().StatusCode(), c.Route().Path
		span.SetName(c.Method() + " " + route)
		span.SetAttributes(attribute.String("http.request.method", c.Method()), attribute.String("http.route", route), attribute.Int("http.response.status_code", status),
			attribute.String("lopban.request", page.RequestID(c)))
		if status >= fiber.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
