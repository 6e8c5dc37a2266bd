"""The gallery of published networks beside the networks of Keras and torchvision."""
