"""Commands by which a person decides or records: closings, stops, doubts, tasks."""
