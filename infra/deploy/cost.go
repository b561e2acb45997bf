package main

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Prices of us-east-1 in USD, as public calculators and articles of March to
// November 2026 give them; a month has 730 hours. Look them up before you rely
// on them.
const (
	hours       = 730
	vcpuHour    = 0.03238 // Fargate on ARM64
	gbHour      = 0.00356
	spot        = 0.3   // of the price, floating
	ipv4Hour    = 0.005 // a public address
	albHour     = 0.0225
	lcuHour     = 0.008 // a tenth of one is counted
	zone        = 0.50  // Cloud Map's
	valkeyGB    = 0.084 // ElastiCache Serverless, an hour; 100 MB at least
	gp3GB       = 0.115
	alarm       = 0.10 // beyond the ten that are free
	freeAlarms  = 10
	metric      = 0.30 // of the services' own, beyond the ten that are free
	freeMetrics = 10
	sent        = 19   // metrics of the services, alarm or not
	imagesMonth = 0.11 // in ECR: thirty builds of two services for two architectures, 9 MB each
	filesMonth  = 0.05 // S3 behind CloudFront's free terabyte
)

// rdsHour is the price of an hour of a class, without a standby.
var rdsHour = map[any]float64{"db.t4g.micro": 0.016, "db.t4g.small": 0.032}

// cost adds up the monthly prices of a plan's resources, without what is paid by
// use: requests, traffic, log lines.
func cost(p plan) (lines []string, total float64) {
	add := func(usd float64, format string, args ...any) {
		total += usd
		lines = append(lines, fmt.Sprintf("%s %.2f", fmt.Sprintf(format, args...), usd))
	}
	cpu, memory, alarms, filters := 0.0, 0.0, 0, 0
	for _, c := range p.Changes {
		if c.Type == "aws_ecs_task_definition" {
			fmt.Sscan(fmt.Sprint(c.Change.After["cpu"]), &cpu)       //nolint:errcheck // zero shows in the table
			fmt.Sscan(fmt.Sprint(c.Change.After["memory"]), &memory) //nolint:errcheck // zero shows in the table
		}
	}
	task := hours * (cpu/1024*vcpuHour + memory/1024*gbHour)
	for _, c := range p.Changes {
		after := c.Change.After
		switch c.Type {
		case "aws_ecs_service":
			text, price := "", task
			capacity, _ := json.Marshal(after["capacity_provider_strategy"])
			if strings.Contains(string(capacity), "FARGATE_SPOT") {
				text, price = " on Spot", task*spot
			}
			n, _ := after["desired_count"].(float64)
			add(n*(price+hours*ipv4Hour), "%v × %s%s", n, after["name"], text)
		case "aws_lb":
			add(hours*(albHour+lcuHour/10+2*ipv4Hour), "load balancer")
		case "aws_service_discovery_private_dns_namespace":
			add(zone, "names")
		case "aws_elasticache_serverless_cache":
			add(hours*0.1*valkeyGB, "Valkey")
		case "aws_db_instance":
			copies := 1.0
			if after["multi_az"] == true {
				copies = 2
			}
			gb, _ := after["allocated_storage"].(float64)
			add(copies*(hours*rdsHour[after["instance_class"]]+gb*gp3GB), "%v × Postgres", copies)
		case "aws_cloudfront_distribution":
			add(filesMonth, "web client")
		case "aws_ecr_lifecycle_policy":
			if after["repository"] == "fualab/api" {
				add(imagesMonth, "images")
			}
		case "aws_cloudwatch_metric_alarm":
			alarms += max(1, alarmMetrics(after))
		case "aws_cloudwatch_log_metric_filter":
			filters++
		case "aws_appautoscaling_policy": // tracking a target is two alarms, which AWS makes
			alarms += 2
		}
	}
	if alarms > freeAlarms {
		add(float64(alarms-freeAlarms)*alarm, "alarms")
	}
	if metrics := sent + filters; metrics > freeMetrics {
		add(float64(metrics-freeMetrics)*metric, "metrics")
	}
	return lines, total
}

// alarmMetrics counts the metrics of an alarm on an expression, which is charged
// as that many alarms; 0 of another.
func alarmMetrics(alarm map[string]any) (n int) {
	queries, _ := alarm["metric_query"].([]any)
	for _, q := range queries {
		query, _ := q.(map[string]any)
		if of, _ := query["metric"].([]any); len(of) > 0 {
			n++
		}
	}
	return n
}
