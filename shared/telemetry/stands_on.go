package telemetry

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/fualab/fualab/shared/database"
	"github.com/fualab/fualab/shared/redis"
)

var (
	connections    = prometheus.NewDesc("db_client_connection_count", "Connections to the database, by state: used or idle.", []string{"state"}, nil)
	connectionsMax = prometheus.NewDesc("db_client_connection_max", "Maximum number of connections to the database.", nil, nil)
	waited         = prometheus.NewDesc("db_client_connection_wait_seconds_total", "Total time that queries have waited for a connection.", nil, nil)
	waits          = prometheus.NewDesc("db_client_connection_waits_total", "Number of queries that had to wait for a connection.", nil, nil)
	diskFree       = prometheus.NewDesc("fualab_data_disk_free_bytes", "Free space for the SQLite file.", nil, nil)
	diskSize       = prometheus.NewDesc("fualab_data_disk_size_bytes", "Size of the disk that holds the SQLite file.", nil, nil)
	redisUp        = prometheus.NewDesc("fualab_redis_up", "1 if Redis answers, 0 if not; absent without Redis.", nil, nil)
)

// databaseCollector reports the pool, and the disk of SQLite's file. It sends
// no query.
type databaseCollector struct{ db *database.DB }

func (c databaseCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{connections, connectionsMax, waited, waits, diskFree, diskSize} {
		out <- d
	}
}

func (c databaseCollector) Collect(out chan<- prometheus.Metric) {
	u := c.db.Usage()
	out <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(u.Used), "used")
	out <- prometheus.MustNewConstMetric(connections, prometheus.GaugeValue, float64(u.Idle), "idle")
	out <- prometheus.MustNewConstMetric(connectionsMax, prometheus.GaugeValue, float64(u.Max))
	out <- prometheus.MustNewConstMetric(waited, prometheus.CounterValue, u.Waited.Seconds())
	out <- prometheus.MustNewConstMetric(waits, prometheus.CounterValue, float64(u.Waits))
	if free, size, known := c.db.Disk(); known {
		out <- prometheus.MustNewConstMetric(diskFree, prometheus.GaugeValue, float64(free))
		out <- prometheus.MustNewConstMetric(diskSize, prometheus.GaugeValue, float64(size))
	}
}

// redisTimeout is the limit of the check of Redis.
const redisTimeout = time.Second

type redisCollector struct{ client *redis.Client }

func (c redisCollector) Describe(out chan<- *prometheus.Desc) { out <- redisUp }

func (c redisCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), redisTimeout)
	defer cancel()
	up := 0.0
	if c.client.Ping(ctx) == nil {
		up = 1
	}
	out <- prometheus.MustNewConstMetric(redisUp, prometheus.GaugeValue, up)
}
