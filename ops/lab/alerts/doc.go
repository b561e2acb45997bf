// Package alerts tries ops/alerts/rules.yml, which Prometheus reads, on
// Prometheus' own engine. It is a module of its own, outside of the workspace,
// so that nothing else inherits what the engine depends on, and `go test work`
// does not build it.
//
// Each rule is tried twice. `go tool task lab:alerts` has it fire on made-up series,
// with the windows and limits that it has on duty. `go tool task lab:alerts:faults`
// causes its fault in an API and a worker that run on Postgres and Redis, has it
// fire on what is scraped of them, repairs the fault and has it clear. What
// /ready tells meanwhile has to be the same. Each panel of ops/dashboards has to
// have shown a number by the end.
//
// Nobody can wait for hours there, so it differs from duty: windows are 20 s
// where they are hours and 10 s where they are minutes; nothing is pending for
// longer than 2 s; a heartbeat, the oldest run and an item that waits are late
// after 8, 5 and 5 s. The limits of tasks stay, and the days until them pass by
// setting back when they last succeeded, in the database.
//
// A full disk, which fires disk-space, is caused where a file system can be
// mounted, as root and in a container with CAP_SYS_ADMIN; elsewhere the test
// says that it was not. CloudWatch's alarms are made of the same declarations,
// and fire on AWS only: nothing here evaluates them.
package alerts
