locals {
  services = { for name, count in { api = var.api_count, worker = var.worker_count } : name => {
    least = count
    most  = var.enable_autoscaling ? var.max_count : count
  } }
  # A service has its scaling as soon as it is there.
  scaled = var.enable_autoscaling || var.schedule_off_hours != null ? { for name, s in local.services : name => s if contains(keys(local.images), name) } : {}
}

# At night the schedule sets both capacities to 0; an apply then wakes the stack until the next evening.
resource "aws_appautoscaling_target" "this" {
  for_each = local.scaled

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${each.key}"
  min_capacity       = each.value.least
  max_capacity       = each.value.most

  depends_on = [aws_ecs_service.api, aws_ecs_service.worker]
}

# Requests cost the API CPU.
resource "aws_appautoscaling_policy" "cpu" {
  count = var.enable_autoscaling && contains(keys(local.scaled), "api") ? 1 : 0

  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this["api"].service_namespace
  scalable_dimension = aws_appautoscaling_target.this["api"].scalable_dimension
  resource_id        = aws_appautoscaling_target.this["api"].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}

# A worker that waits for the database uses no CPU, however many runs wait for it. How long the oldest of them has waited
# is a figure that every worker sends each minute, of the one queue that they share.
resource "aws_appautoscaling_policy" "queue_age" {
  count = var.enable_autoscaling && contains(keys(local.scaled), "worker") ? 1 : 0

  name               = "queue-age"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this["worker"].service_namespace
  scalable_dimension = aws_appautoscaling_target.this["worker"].scalable_dimension
  resource_id        = aws_appautoscaling_target.this["worker"].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60  # seconds; a run that was nudged begins within one
    scale_in_cooldown  = 600 # an idle queue says 0, and the next burst comes
    scale_out_cooldown = 120

    customized_metric_specification {
      namespace   = "FUALab"
      metric_name = "QueueAgeSeconds"
      statistic   = "Maximum"

      dimensions {
        name  = "Service"
        value = "worker"
      }
      dimensions {
        name  = "Environment"
        value = var.environment
      }
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "off_hours" {
  for_each = var.schedule_off_hours == null ? {} : { for pair in setproduct(keys(local.scaled), ["stop", "start"]) : join("-", pair) => { service = pair[0], at = pair[1] } }

  name               = each.key
  service_namespace  = aws_appautoscaling_target.this[each.value.service].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[each.value.service].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[each.value.service].resource_id
  schedule           = var.schedule_off_hours[each.value.at]
  timezone           = var.schedule_off_hours.time_zone

  scalable_target_action {
    min_capacity = each.value.at == "stop" ? 0 : local.services[each.value.service].least
    max_capacity = each.value.at == "stop" ? 0 : local.services[each.value.service].most
  }
}
