package alerts

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

var language = parser.NewParser(parser.Options{})

// rules reads rules.yml as Prometheus does.
func rules(t *testing.T) []rulefmt.Rule {
	t.Helper()
	text, err := os.ReadFile("../../alerts/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	groups, errs := rulefmt.Parse(text, false, model.LegacyValidation, language, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var all []rulefmt.Rule
	for _, g := range groups.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

// rule returns the rule of an alert, by its burn rate if it has two.
func rule(t *testing.T, alert, burn string) rulefmt.Rule {
	t.Helper()
	all := rules(t)
	i := slices.IndexFunc(all, func(r rulefmt.Rule) bool { return r.Alert == alert && r.Labels["burn"] == burn })
	if i < 0 {
		t.Fatalf("rules.yml has no alert %s, burn %q", alert, burn)
	}
	return all[i]
}

// engine is Prometheus' own. Each rule is evaluated at one instant at a time.
var engine = sync.OnceValue(func() *promql.Engine {
	return promql.NewEngine(promql.EngineOpts{MaxSamples: 1_000_000, Timeout: time.Minute, Parser: language})
})

// watch is one rule as Prometheus evaluates it. It is pending from the first
// time at which it holds, and fires when that is long enough ago.
type watch struct {
	rule  rulefmt.Rule
	on    storage.Queryable
	since map[string]time.Time // by the labels of the holding series
}

func newWatch(r rulefmt.Rule, on storage.Queryable) *watch {
	return &watch{rule: r, on: on, since: make(map[string]time.Time)}
}

// at evaluates the rule and returns the series for which it fires.
func (w *watch) at(ctx context.Context, t *testing.T, now time.Time) []labels.Labels {
	t.Helper()
	q, err := engine().NewInstantQuery(ctx, w.on, nil, w.rule.Expr, now)
	if err != nil {
		t.Fatalf("%s: %v", w.rule.Alert, err)
	}
	defer q.Close()
	vector, err := q.Exec(ctx).Vector()
	if err != nil {
		t.Fatalf("%s: %v", w.rule.Alert, err)
	}
	holds := make(map[string]time.Time)
	var firing []labels.Labels
	for _, sample := range vector {
		key := sample.Metric.String()
		began, ok := w.since[key]
		if !ok {
			began = now
		}
		holds[key] = began
		if now.Sub(began) >= time.Duration(w.rule.For) {
			firing = append(firing, sample.Metric)
		}
	}
	w.since = holds
	return firing
}

// memory is a storage of a few series.
type memory struct {
	mu     sync.Mutex
	series map[string]*series
}

type series struct {
	labels  labels.Labels
	samples []chunks.Sample
}

func newMemory() *memory { return &memory{series: make(map[string]*series)} }

// add appends a sample; those of a series come in order.
func (m *memory) add(l labels.Labels, at time.Time, value float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := l.String()
	s := m.series[key]
	if s == nil {
		s = &series{labels: l}
		m.series[key] = s
	}
	s.samples = append(s.samples, sample{at.UnixMilli(), value})
}

// Querier implements storage.Queryable.
func (m *memory) Querier(int64, int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
		m.mu.Lock()
		defer m.mu.Unlock()
		set := &seriesSet{at: -1}
		for _, s := range m.series {
			if !slices.ContainsFunc(matchers, func(by *labels.Matcher) bool { return !by.Matches(s.labels.Get(by.Name)) }) {
				set.all = append(set.all, storage.NewListSeries(s.labels, slices.Clone(s.samples)))
			}
		}
		return set
	}}, nil
}

// seriesSet implements storage.SeriesSet.
type seriesSet struct {
	all []storage.Series
	at  int
}

func (s *seriesSet) Next() bool                      { s.at++; return s.at < len(s.all) }
func (s *seriesSet) At() storage.Series              { return s.all[s.at] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

// sample implements chunks.Sample for plain numbers.
type sample struct {
	t int64
	v float64
}

func (s sample) T() int64                    { return s.t }
func (sample) ST() int64                     { return 0 }
func (s sample) F() float64                  { return s.v }
func (sample) H() *histogram.Histogram       { return nil }
func (sample) FH() *histogram.FloatHistogram { return nil }
func (sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample         { return s }
