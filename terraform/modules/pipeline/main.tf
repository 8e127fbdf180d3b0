# The pipeline after a push: build and push the image, migrate, refresh the instances.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  arn = "arn:${data.aws_partition.current.partition}"
  own = "${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}"

  # Docker needs a privileged builder; a release only calls AWS.
  steps = {
    build   = { privileged = true, buildspec = file("${path.module}/build.yml") }
    release = { privileged = false, buildspec = file("${path.module}/release.yml") }
  }

  environment = {
    REPOSITORY       = var.image_repository.url
    REPOSITORY_NAME  = var.image_repository.name
    DIGEST_PARAMETER = var.digest_parameter.name
    GROUP            = var.instances.name
    TARGETS          = var.instances.target_group_arn
  }
}

module "artifacts" {
  source = "../bucket"

  name          = "${var.name}-artifacts"
  key_arn       = var.key_arn
  expire_days   = 30
  force_destroy = !var.protected
}

resource "aws_cloudwatch_log_group" "step" {
  for_each = local.steps

  name              = "/codebuild/${var.name}-${each.key}"
  retention_in_days = var.log_days
  kms_key_id        = var.key_arn
}

resource "aws_codebuild_project" "step" {
  for_each = local.steps

  name           = "${var.name}-${each.key}"
  description    = "${each.key} of ${var.name}"
  service_role   = aws_iam_role.step[each.key].arn
  build_timeout  = 480 # a migration takes as long as it takes, and the refresh after it up to an hour
  encryption_key = var.key_arn

  artifacts {
    type = "CODEPIPELINE"
  }

  source {
    type      = "CODEPIPELINE"
    buildspec = each.value.buildspec
  }

  environment {
    compute_type    = "BUILD_GENERAL1_SMALL"
    image           = "aws/codebuild/standard:7.0"
    type            = "LINUX_CONTAINER"
    privileged_mode = each.value.privileged

    dynamic "environment_variable" {
      for_each = local.environment

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.step[each.key].name
    }
  }
}

resource "aws_codepipeline" "main" {
  name          = var.name
  role_arn      = aws_iam_role.pipeline.arn
  pipeline_type = "V2"

  artifact_store {
    type     = "S3"
    location = module.artifacts.name

    encryption_key {
      type = "KMS"
      id   = var.key_arn
    }
  }

  stage {
    name = "Source"

    action {
      name             = "Source"
      category         = "Source"
      owner            = "AWS"
      provider         = "CodeStarSourceConnection"
      version          = "1"
      output_artifacts = ["source"]

      configuration = {
        ConnectionArn    = var.source_code.connection_arn
        FullRepositoryId = var.source_code.repository
        BranchName       = var.source_code.branch
      }
    }
  }

  stage {
    name = "Build"

    action {
      name             = "Build"
      category         = "Build"
      owner            = "AWS"
      provider         = "CodeBuild"
      version          = "1"
      input_artifacts  = ["source"]
      output_artifacts = ["image"]
      configuration    = { ProjectName = aws_codebuild_project.step["build"].name }
    }
  }

  stage {
    name = "Release"

    action {
      name            = "Release"
      category        = "Build"
      owner           = "AWS"
      provider        = "CodeBuild"
      version         = "1"
      input_artifacts = ["image"]
      configuration   = { ProjectName = aws_codebuild_project.step["release"].name }
    }
  }
}
