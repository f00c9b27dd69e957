package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"lopban/cmd/lopban/console"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	collected "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector sends spans as OTLP over HTTP, in protobuf. The client that OpenTelemetry offers for it brings gRPC, 11 MB
// of it, for this one POST.
type collector struct{ url string }

func (collector) Start(context.Context) error { return nil }
func (collector) Stop(context.Context) error  { return nil }

// UploadTraces sends spans once. What the collector does not take is lost, and said in the log.
func (c collector) UploadTraces(ctx context.Context, spans []*collected.ResourceSpans) error {
	body, err := proto.Marshal(&collected.TracesData{ResourceSpans: spans}) // to the byte an ExportTraceServiceRequest
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection is used again
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answers %s", answer.Status)
	}
	return nil
}

// traces gives spans to the collector at an address, such as http://localhost:4318. Its caller shuts it down, which
// sends the last ones. How many requests are traced is for OTEL_TRACES_SAMPLER to say.
func traces(ctx context.Context, endpoint string, log *slog.Logger) (*sdk.TracerProvider, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("--otlp-endpoint: want an address such as http://localhost:4318")
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces not sent", "error", err.Error()) }))
	exporter, err := otlptrace.New(ctx, collector{u.JoinPath("v1", "traces").String()})
	if err != nil {
		return nil, err
	}
	return sdk.NewTracerProvider(sdk.WithBatcher(exporter, sdk.WithExportTimeout(10*time.Second)),
		sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", "lopban"), attribute.String("service.version", console.Version())))), nil
}

// finish sends the last spans, if the collector takes them soon.
func finish(provider *sdk.TracerProvider) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	provider.Shutdown(ctx) // its error is in the log
}
