package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fualab/fualab/shared/config"
)

// otlp is the configuration of the tests' program.
type otlp struct{ config.Common }

func (c otlp) Validate() []config.Fault { return c.Common.Validate() }

func TestOTLP(t *testing.T) {
	t.Parallel()
	to := func(url string) config.OTLPSignal { return config.OTLPSignal{URL: url, Timeout: 10 * time.Second} }
	for _, tc := range []struct {
		name    string
		environ []string
		want    config.OTLP // but for its interval
		faults  []string
	}{
		{name: "nothing"},
		{name: "a collector", environ: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318"},
			want: config.OTLP{Traces: to("http://c:4318/v1/traces"), Metrics: to("http://c:4318/v1/metrics")}},
		{name: "below a path", environ: []string{"OTEL_EXPORTER_OTLP_ENDPOINT=https://c/otlp/", "OTEL_METRICS_EXPORTER=none"},
			want: config.OTLP{Traces: to("https://c/otlp/v1/traces")}},
		{name: "of traces alone, as it is written", environ: []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://c:1/t"},
			want: config.OTLP{Traces: to("http://c:1/t")}},
		{name: "by name alone", environ: []string{"OTEL_TRACES_EXPORTER=otlp"}, want: config.OTLP{Traces: to("http://localhost:4318/v1/traces")}},
		{name: "disabled", environ: []string{"OTEL_SDK_DISABLED=true", "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_TRACES_EXPORTER=zipkin"}},
		{name: "all of it", environ: []string{
			"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318", "OTEL_METRICS_EXPORTER=none", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
			"OTEL_EXPORTER_OTLP_HEADERS=a=b%20c, d=e", "OTEL_EXPORTER_OTLP_TIMEOUT=1500", "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION=gzip",
		}, want: config.OTLP{Traces: config.OTLPSignal{
			URL: "http://c:4318/v1/traces", Headers: config.Secrets{"a": "b c", "d": "e"}, Timeout: 1500 * time.Millisecond, Gzip: true,
		}}},
		{name: "faults", environ: []string{
			"OTEL_EXPORTER_OTLP_ENDPOINT=c:4318", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_HEADERS=secret",
			"OTEL_EXPORTER_OTLP_TIMEOUT=0", "OTEL_EXPORTER_OTLP_COMPRESSION=zstd",
		}, faults: []string{
			"OTEL_EXPORTER_OTLP_COMPRESSION", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TIMEOUT",
		}},
		{name: "another exporter", environ: []string{"OTEL_TRACES_EXPORTER=zipkin"}, faults: []string{"OTEL_TRACES_EXPORTER"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			cfg, err := config.Load[otlp](append(tc.environ, "FUALAB_DATABASE_URL=sqlite:///x.db"))
			var faults []string
			var faulty *config.Error
			if errors.As(err, &faulty) {
				for _, f := range faulty.Faults {
					faults = append(faults, f.Variable)
				}
			}
			if diff := cmp.Diff(tc.faults, faults); diff != "" {
				t.Fatalf("faults (-want +got):\n%s\n%v", diff, err)
			}
			if tc.faults != nil {
				return
			}
			cfg.OTLP.Interval = 0
			if diff := cmp.Diff(tc.want, cfg.OTLP); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSecretsPrintAsNames(t *testing.T) {
	t.Parallel()
	s := config.OTLPSignal{Headers: config.Secrets{"api-key": "hush"}}
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v", s, s)} {
		if want := "api-key=***"; !strings.Contains(text, want) || strings.Contains(text, "hush") {
			t.Errorf("prints %s", text)
		}
	}
}
