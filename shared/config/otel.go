package config

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// OTLP has the destinations of the signals that go to an OpenTelemetry
// collector. They come from that project's own variables:
// https://opentelemetry.io/docs/specs/otel/protocol/exporter. Its library reads
// sampler, batches and resource itself.
type OTLP struct {
	Traces, Metrics OTLPSignal
	Interval        time.Duration // between two exports of metrics
}

// OTLPSignal is the destination of one signal. The zero value has none.
type OTLPSignal struct {
	URL     string
	Headers Secrets
	Timeout time.Duration // of one export
	Gzip    bool
}

// On reports whether the signal has a destination.
func (s OTLPSignal) On() bool { return s.URL != "" }

// Secrets are secret values by name. They print as names alone.
type Secrets map[string]string

func (s Secrets) String() string {
	names := make([]string, 0, len(s))
	for name := range s {
		names = append(names, name+"=***")
	}
	return strings.Join(names, ",")
}

// GoString is String.
func (s Secrets) GoString() string { return s.String() }

const (
	otlpDefault  = "http://localhost:4318"
	otlpProtocol = "http/protobuf" // the only protocol that FUALab speaks
)

// otel has the variables whose names begin with OTEL_.
type otel struct {
	vars   map[string]string
	faults []Fault
}

// standard reads the variables that do not belong to FUALab.
func (c *Common) standard(environ []string) []Fault {
	o := otel{vars: make(map[string]string)}
	for _, line := range environ {
		if key, value, _ := strings.Cut(line, "="); strings.HasPrefix(key, "OTEL_") && value != "" {
			o.vars[key] = value
		}
	}
	if strings.EqualFold(o.vars["OTEL_SDK_DISABLED"], "true") {
		return nil
	}
	c.OTLP = OTLP{Traces: o.signal("TRACES"), Metrics: o.signal("METRICS"), Interval: o.milliseconds("OTEL_METRIC_EXPORT_INTERVAL", time.Minute)}
	return o.faults
}

// signal reads the destination of one signal. Without any variable there is
// none, although the specification's default is localhost.
func (o *otel) signal(name string) OTLPSignal {
	own := "OTEL_EXPORTER_OTLP_" + name
	switch exporter := "OTEL_" + name + "_EXPORTER"; o.vars[exporter] {
	case "otlp":
	case "":
		if o.vars["OTEL_EXPORTER_OTLP_ENDPOINT"] == "" && o.vars[own+"_ENDPOINT"] == "" {
			return OTLPSignal{}
		}
	case "none":
		return OTLPSignal{}
	default:
		o.fault(exporter, "must be otlp or none")
	}
	if variable, p := o.either(name, "PROTOCOL"); p != "" && p != otlpProtocol {
		o.fault(variable, "must be "+otlpProtocol+": FUALab speaks no other protocol; a collector's port for it is usually 4318")
	}
	variable, compression := o.either(name, "COMPRESSION")
	if compression != "" && compression != "gzip" && compression != "none" {
		o.fault(variable, "must be gzip or none")
	}
	timeout, _ := o.either(name, "TIMEOUT")
	return OTLPSignal{URL: o.endpoint(name), Headers: o.headers(name), Timeout: o.milliseconds(timeout, 10*time.Second), Gzip: compression == "gzip"}
}

// either returns the name and value of the signal's own variable if it is set,
// and of the common one otherwise.
func (o *otel) either(signal, what string) (variable, value string) {
	variable = "OTEL_EXPORTER_OTLP_" + signal + "_" + what
	if o.vars[variable] == "" {
		variable = "OTEL_EXPORTER_OTLP_" + what
	}
	return variable, o.vars[variable]
}

func (o *otel) endpoint(signal string) string {
	variable, raw := o.either(signal, "ENDPOINT")
	if raw == "" {
		raw = otlpDefault
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		o.fault(variable, "must be a URL such as "+otlpDefault)
		return ""
	}
	if variable == "OTEL_EXPORTER_OTLP_ENDPOINT" {
		u = u.JoinPath("v1", strings.ToLower(signal))
	}
	return u.String()
}

func (o *otel) headers(signal string) Secrets {
	variable, raw := o.either(signal, "HEADERS")
	if raw == "" {
		return nil
	}
	headers := make(Secrets)
	for pair := range strings.SplitSeq(raw, ",") {
		name, value, found := strings.Cut(pair, "=")
		name = strings.TrimSpace(name)
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if !found || name == "" || err != nil {
			o.fault(variable, "must be name=value pairs, separated by commas, with values as in a URL")
			return nil
		}
		headers[name] = value
	}
	return headers
}

func (o *otel) milliseconds(variable string, otherwise time.Duration) time.Duration {
	raw := o.vars[variable]
	if raw == "" {
		return otherwise
	}
	n, err := strconv.ParseUint(raw, 10, 31)
	if err != nil || n == 0 {
		o.fault(variable, "must be a whole number of milliseconds, at least 1")
		return otherwise
	}
	return time.Duration(n) * time.Millisecond
}

// fault reports each variable once, because several signals may read it.
func (o *otel) fault(variable, message string) {
	for _, f := range o.faults {
		if f.Variable == variable {
			return
		}
	}
	o.faults = append(o.faults, Fault{variable, message})
}
