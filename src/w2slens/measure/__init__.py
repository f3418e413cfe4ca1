"""How many dimensions two feature maps have, and how many they share."""
