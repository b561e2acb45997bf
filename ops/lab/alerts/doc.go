// Package alerts tests ops/alerts/rules.yml, which Prometheus reads, on
// Prometheus' own engine. It is a separate module outside of the workspace, so
// that no other module inherits the engine's dependencies, and `go test work`
// does not build it.
//
// Each rule is tested twice. `go tool task lab:alerts` fires it by synthetic
// series, with the windows and limits of production. `go tool task
// lab:alerts:faults` causes its fault in an API and a worker on Postgres and
// Redis. The rule must fire on the scraped metrics, and clear after the repair.
// /ready must report the same fault meanwhile. By the end each panel of
// ops/dashboards must have shown a number.
//
// That test cannot wait for hours, so it differs from production. Windows are
// 20 s instead of hours and 10 s instead of minutes. No alert is pending for
// longer than 2 s. A heartbeat, the oldest run and a waiting item are late after
// 8, 5 and 5 s. The limits of tasks stay: the test moves their last success back
// by days, in the database.
//
// A full disk, which fires disk-space, needs a mounted file system: root, and in
// a container CAP_SYS_ADMIN. Elsewhere the test reports that it did not cause
// it. CloudWatch's alarms come from the same declarations and fire on AWS only:
// no test here evaluates them.
package alerts
