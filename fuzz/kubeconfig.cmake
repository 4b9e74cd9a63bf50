tidegate_fuzz(kubeconfig SOURCES kubeconfig_fuzz.cpp DEPS kubernetes_core config_yaml)
