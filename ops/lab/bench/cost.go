package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// A Fargate task of a quarter of an ARM processor and half a gigabyte, in
// us-east-1 in 2026, in US dollars an hour.
const (
	processorHour = 0.03238
	gigabyteHour  = 0.00356
	processors    = 0.25
	gigabytes     = 0.5
	taskHour      = processors*processorHour + gigabytes*gigabyteHour
)

// cost is the processor time of the API's process for a kind of work, in
// seconds for a million requests, for each round.
type cost struct {
	name    string
	seconds []float64
}

type costs []cost

func (c *costs) add(name string, requests int64, cpu time.Duration) {
	seconds := cpu.Seconds() / float64(requests) * 1e6
	i := slices.IndexFunc(*c, func(one cost) bool { return one.name == name })
	if i < 0 {
		*c = append(*c, cost{name: name})
		i = len(*c) - 1
	}
	(*c)[i].seconds = append((*c)[i].seconds, seconds)
}

// table prints the cost of a million requests on a task that does nothing else,
// with its calculation.
func (c costs) table(out io.Writer) {
	if len(c) == 0 {
		return
	}
	_, _ = fmt.Fprintf(out, "A task of %.2f processors and %.1f GB: %.2f × %.5f + %.1f × %.5f = %.6f USD/hour.\n"+
		"S processor seconds keep it busy for S / %.2f s, and cost S / %.2f / 3600 × %.6f USD,\n"+
		"if one of its processors is as fast as one here. Database and Redis are not included.\n\n",
		processors, gigabytes, processors, processorHour, gigabytes, gigabyteHour, taskHour, processors, processors, taskHour)
	_, _ = fmt.Fprint(out, "| the API's own, a million requests | processor seconds | USD |\n| --- | --- | --- |\n")
	for _, one := range c {
		s := median(one.seconds)
		_, _ = fmt.Fprintf(out, "| %s | %s | %.5f |\n", one.name, short(s), dollars(s))
	}
	_, _ = fmt.Fprintln(out)
}

func dollars(cpuSeconds float64) float64 { return cpuSeconds / processors / 3600 * taskHour }
