// stock: the second of three services, with OpenTelemetry, whose
// OTEL_EXPORTER_OTLP_ENDPOINT is weir. It asks the warehouse and has a script,
// the argument, charge the card.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
)

var client = http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}

func reserve(w http.ResponseWriter, r *http.Request) {
	q, _ := http.NewRequestWithContext(r.Context(), "GET", "http://"+r.Host+"/warehouse", nil)
	if answer, err := client.Do(q); err == nil {
		answer.Body.Close()
	}
	carrier := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(r.Context(), carrier)
	charge := exec.Command("sh", os.Args[1])
	charge.Env = append(os.Environ(), "TRACEPARENT="+carrier["traceparent"])
	if err := charge.Run(); err != nil {
		http.Error(w, "not charged", http.StatusBadGateway)
	}
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	exporter, err := otlptracehttp.New(context.Background())
	fail(err)
	// Each span at once: it must be there when the caller's error is.
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSyncer(exporter)))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	http.Handle("/reserve", otelhttp.NewHandler(http.HandlerFunc(reserve), "reserve"))
	http.HandleFunc("/warehouse", func(http.ResponseWriter, *http.Request) {})
	port, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	fmt.Println(port.Addr())
	fail(http.Serve(port, nil))
}
