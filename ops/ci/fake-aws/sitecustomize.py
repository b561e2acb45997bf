"""What fake-aws.sh makes of moto besides: Python reads this file before the fake begins.

An image whose name contains "failing" ends with 1 and a line in its log. Of one that contains "nowhere" a service's
tasks do not come up, although the service is told to be stable.
"""
import sys

if any('fake_aws.py' in argument for argument in sys.orig_argv):
    import time

    import moto.ecs.models as ecs
    from moto.logs.models import logs_backends

    made = ecs.Container.__init__
    ran = ecs.EC2ContainerServiceBackend.run_task

    def container(self, definition):
        made(self, definition)
        # moto has CPU and memory as numbers; AWS, and so the SDK for Go, as text.
        self.cpu, self.memory = str(self.cpu or 0), str(self.memory or 0)
        if 'failing' in self.image:
            self.exitCode = 1

    def run_task(self, cluster, definition, count, *rest):
        first = self.describe_task_definition(definition).container_definitions[0]
        if 'nowhere' in first['image'] and 'ecs-svc' in rest:  # who starts the tasks of a service
            count = 0
        tasks = ran(self, cluster, definition, count, *rest)
        if 'failing' in first['image'] and 'ecs-svc' not in rest:
            log(self, first, tasks)
        return tasks

    def log(self, first, tasks):
        options = first['logConfiguration']['options']
        backend = logs_backends[self.account_id][self.region_name]
        for task in tasks:
            stream = '/'.join([options['awslogs-stream-prefix'], first['name'], task.id])
            backend.create_log_stream(options['awslogs-group'], stream)
            event = {'timestamp': int(time.time() * 1000), 'message': 'migration 0042: the column is still read'}
            backend.put_log_events(options['awslogs-group'], stream, [event])

    ecs.Container.__init__ = container
    ecs.EC2ContainerServiceBackend.run_task = run_task
