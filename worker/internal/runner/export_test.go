package runner

// Beat is beat for tests from outside.
var Beat = beat
