package runner

// Beat exports beat to external tests.
var Beat = beat
