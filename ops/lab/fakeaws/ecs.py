"""ECS on top of moto, whose services are records without tasks.

Here a service has its tasks at once, and each change of its task definition is a deployment that has ended. All tasks
of services have one public address, FAKE_PUBLIC_IP. The name of an image says what goes wrong with it:

- broken: its deployment ends as one that ECS has rolled back;
- failing: a task of its own exits with 1, and has written a line to its log;
- nowhere: the service counts as stable, and has no task.
"""
import os
import time
import uuid

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.ec2.models import ec2_backends
from moto.ecs.models import Container, EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.logs.models import logs_backends

# Of a new service moto forgets these, so that a second plan of Terraform would not be empty.
KEPT_FIELDS = (
    'availabilityZoneRebalancing', 'capacityProviderStrategy', 'deploymentConfiguration', 'enableECSManagedTags',
    'enableExecuteCommand', 'healthCheckGracePeriodSeconds', 'serviceConnectConfiguration',
)

LOG_LINE = 'migration 0042: the column is still read'

moto_container = Container.__init__
moto_create_service = EC2ContainerServiceResponse.create_service
moto_delete_service = EC2ContainerServiceResponse.delete_service
moto_list_tasks = EC2ContainerServiceBackend.list_tasks
moto_run_task = EC2ContainerServiceBackend.run_task
moto_update_service = EC2ContainerServiceResponse.update_service


def install():
    """Puts the functions of this module into moto."""
    Container.__init__ = container
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(no_requirements)
    EC2ContainerServiceBackend.list_tasks = list_tasks
    EC2ContainerServiceBackend.run_task = run_task
    EC2ContainerServiceResponse.create_service = create_service
    EC2ContainerServiceResponse.update_service = update_service
    EC2ContainerServiceResponse.delete_service = delete_service
    EC2ContainerServiceResponse.list_service_deployments = list_service_deployments
    EC2ContainerServiceResponse.describe_service_deployments = describe_service_deployments


# Services


def create_service(response):
    result = moto_create_service(response)
    service = result.result['service']
    for name in KEPT_FIELDS:
        value = response._get_param(name)
        if value is not None:
            setattr(service, camelcase_to_underscores(name), value)
    settle(response.ecs_backend, service)
    return result


def update_service(response):
    result = moto_update_service(response)
    service = result.result['service']
    backend = response.ecs_backend
    # moto takes a family as it is given; AWS answers with the definition's whole name.
    service.task_definition = backend.describe_task_definition(service.task_definition).arn
    deployment = service.deployments[0]
    if deployment['taskDefinition'] != service.task_definition:
        deployment.update(id=f'ecs-svc/{uuid.uuid4().int % 10**19}', createdAt=utcnow(), updatedAt=utcnow())
    settle(backend, service)
    return result


def delete_service(response):
    result = moto_delete_service(response)
    stop_tasks(response.ecs_backend, result.result['service'])
    return result


def settle(backend, service):
    """Replaces a service's tasks by those that it should have, and ends its deployment."""
    stop_tasks(backend, service)
    if service.network_configuration and not image_says(backend, service.task_definition, 'nowhere'):
        start_tasks(backend, service)
    service.running_count, service.pending_count = service.desired_count, 0
    service.deployments[0].update(
        desiredCount=service.desired_count, runningCount=service.desired_count, pendingCount=0,
        rolloutState='COMPLETED', taskDefinition=service.task_definition,
    )


# Tasks


def group(service):
    return f'service:{service.name}'


def start_tasks(backend, service):
    tasks = moto_run_task(
        backend, service.cluster_name, service.task_definition, service.desired_count, None, 'ecs-svc', None, 'FARGATE',
        service.network_configuration, group(service),
    )
    interfaces = ec2_backends[backend.account_id][backend.region_name].enis
    for task in tasks:
        interfaces[interface_of(task)].public_ip = os.environ['FAKE_PUBLIC_IP']


def stop_tasks(backend, service):
    """Forgets a service's tasks and their network interfaces."""
    interfaces = ec2_backends[backend.account_id][backend.region_name].enis
    tasks = backend.tasks.get(service.cluster_name, {})
    for arn, task in list(tasks.items()):
        if task.group == group(service):
            interfaces.pop(interface_of(task), None)
            del tasks[arn]


def interface_of(task):
    """Returns the id of a task's network interface."""
    for attachment in task.attachments:
        for detail in attachment['details']:
            if detail['name'] == 'networkInterfaceId':
                return detail['value']
    return None


def list_tasks(backend, cluster_str=None, container_instance=None, family=None, started_by=None, service_name=None, desiredStatus=None):
    """Filters by the service, too."""
    tasks = moto_list_tasks(backend, cluster_str, container_instance, family, started_by, None, desiredStatus)
    if service_name:
        wanted = 'service:' + service_name.split('/')[-1]
        tasks = [task for task in tasks if task.group == wanted]
    return tasks


def run_task(backend, *args, **kwargs):
    """Runs tasks of their own, such as a migration."""
    tasks = moto_run_task(backend, *args, **kwargs)
    for task in tasks:
        if 'failing' in task.containers[0].image:
            write_log(backend, task)
    return tasks


def container(self, definition):
    moto_container(self, definition)
    # moto has CPU and memory as numbers; AWS, and so the SDK for Go, as text.
    self.cpu, self.memory = str(self.cpu or 0), str(self.memory or 0)
    if 'failing' in self.image:
        self.exitCode = 1


def no_requirements(_definition):
    """moto adds up the containers' memory, which on Fargate need not be given, to place them on machines."""
    return {'CPU': 0, 'MEMORY': 0, 'PORTS': [], 'PORTS_UDP': []}


def write_log(backend, task):
    first = backend.describe_task_definition(task.task_definition_arn).container_definitions[0]
    options = first['logConfiguration']['options']
    logs = logs_backends[backend.account_id][backend.region_name]
    stream = '/'.join([options['awslogs-stream-prefix'], first['name'], task.id])
    logs.create_log_stream(options['awslogs-group'], stream)
    logs.put_log_events(options['awslogs-group'], stream, [{'timestamp': int(time.time() * 1000), 'message': LOG_LINE}])


def image_says(backend, definition, word):
    containers = backend.describe_task_definition(definition).container_definitions
    return any(word in c['image'] for c in containers)


# Deployments of services, which moto does not have


def list_service_deployments(response):
    cluster = response._get_param('cluster', 'default')
    name = response._get_param('service').split('/')[-1]
    service = response.ecs_backend._get_service(cluster, name)
    return ActionResult({'serviceDeployments': [service_deployment(response.ecs_backend, service)]})


def describe_service_deployments(response):
    deployments = []
    for arn in response._get_param('serviceDeploymentArns'):
        _, cluster, name, _ = arn.split('/')
        service = response.ecs_backend._get_service(cluster, name)
        deployments.append(service_deployment(response.ecs_backend, service))
    return ActionResult({'serviceDeployments': deployments, 'failures': []})


def service_deployment(backend, service):
    """Returns a service's newest deployment, which has ended."""
    newest = service.deployments[0]
    number = newest['id'].split('/')[-1]
    deployment = {
        'serviceDeploymentArn': f"{service.arn.replace(':service/', ':service-deployment/')}/{number}",
        'serviceArn': service.arn,
        'clusterArn': service.cluster_arn,
        'targetServiceRevisionArn': f"{service.arn.replace(':service/', ':service-revision/')}/{number}",
        'status': 'SUCCESSFUL',
        'createdAt': newest['createdAt'],
        'startedAt': newest['createdAt'],
        'finishedAt': newest['updatedAt'],
    }
    if image_says(backend, service.task_definition, 'broken'):
        deployment.update(status='ROLLBACK_SUCCESSFUL', statusReason='the name of its image contains "broken"')
    return deployment
