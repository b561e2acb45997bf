// Package alerts holds rules.yml, which Prometheus reads, and tries it on
// Prometheus' own engine. It is a module of its own, outside of the workspace,
// so that nothing else inherits what the engine depends on, and `go test work`
// does not build it.
package alerts
